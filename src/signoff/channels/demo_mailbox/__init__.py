"""The demo's mailbox in the browser: every mail that was sent, as text. Never in production."""
