"""Durable jobs: a row is the truth, Celery is the messenger.

`service` submits, cancels and retries; `runner` claims and finishes; `lease` keeps what runs
alive; `watchdog` ends calls that must end; `sweeper` brings back what was lost.
"""
