"""What tests share: running programs, starting sessions, finding leaks."""
