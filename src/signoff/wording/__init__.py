"""Every sentence we show or send, and how it is set in type."""
