"""How a subscriber reaches us; one folder a channel, blind to each other."""
