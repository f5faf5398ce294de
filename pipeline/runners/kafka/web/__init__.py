"""The live page over HTTP. Reads topics as any consumer does, and never imports the engine.

`routes` answers requests, `guard` decides who may see the page, `events` streams updates.
`follower` keeps the newest records in memory; `finder` looks an article up there, and `lookup`
searches the topics for it.
"""
