"""The ledger read back: who spent what on which model. Reads only; `ai.ledger` alone writes.

lines         which calls are meant: workspace, days, project, task, model, payer
keys          what sums can be made by, and what each key is called for people
sums          calls, money, tokens, pictures, failures of each group, in one statement
percentiles   latency and first token at p50 and p95, by rank, in the database
pages         groups in pages, by keyset cursors over their keys
tables        the same as rows for the wire and for CSV
whatif        the same traffic at the prices of another stack
projects      what a project, a scene and a finished project cost
board         what the admin's page shows; `charts` draws it
"""
