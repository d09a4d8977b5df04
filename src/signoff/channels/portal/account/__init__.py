"""Getting in: log-in, codes, proofs before irreversible acts, and a person's own log-in settings.

allauth carries the flows; here is what it does not know: log-in by what people type, codes that are
owed and not sent in the request, proofs that a changed SIM voids, and the way through an agent.
"""
