"""The demo's phones in the browser: every text that was sent, and a way to write back. Never in
production."""
