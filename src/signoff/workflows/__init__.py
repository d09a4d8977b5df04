"""Order, waiting and retry: who is woken for which step, and what a step runs."""
