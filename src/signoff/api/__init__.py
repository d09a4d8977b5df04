"""The API: /api/v1 for programs, the published keys, and callbacks of carriers."""
