"""The parts of an import of the account book: reading files, checking records, writing batches."""
