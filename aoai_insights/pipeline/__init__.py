"""The use-cases: ingest, chargeback, latency, quality, report. The only folder that joins the edges and the core.

A command or a notebook calls one function of one file here. Each takes what it depends on as arguments, `now` among
them, and returns frozen figures of model/. Nothing is imported here: a question about prices need not pay for ingest.
"""
