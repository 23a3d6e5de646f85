"""Examples of distributed data sets; they come with them."""
