"""What programs import: one module a decorator, at the import paths of the programming model."""
