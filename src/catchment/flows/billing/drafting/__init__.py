"""What is due becomes a draft: asked for, priced, written down."""
