"""The agents' and operators' desk."""
