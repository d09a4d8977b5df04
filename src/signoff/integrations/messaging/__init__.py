"""Ways out for messages that answer at ports.messaging."""
