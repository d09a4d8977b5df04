"""Verizon ThingSpace, through which lines of Verizon's business accounts are run."""
