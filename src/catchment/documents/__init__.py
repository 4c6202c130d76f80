"""Documents: values in, PDF bytes out."""
