"""Django's SQLite backend, with writers that queue up and connections that are kept.

SQLite lets a second writer sleep and look again, up to a tenth of a second at a time, and opening
a connection costs about as much as ten queries. Neither is needed inside one machine.
"""
