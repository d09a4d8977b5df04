"""The web portal: prepare, declare, follow and prove the end of a line. Plain forms, no script."""
