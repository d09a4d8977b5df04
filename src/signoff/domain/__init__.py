"""The rules of ending a line: pure, standard library only, no clock, no random, no I/O."""
