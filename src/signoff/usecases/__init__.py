"""One verb a module, one transaction, on a set of cases."""
