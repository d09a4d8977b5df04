"""Payment providers that answer at ports.payments."""
