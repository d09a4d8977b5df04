"""The desk's pages of runs that end a list, a plan or a whole brand (O1)."""
