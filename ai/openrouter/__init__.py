"""OpenRouter without Django: one client, one exchange per call, one exception for every bad answer.

Start reading in `client` (what can be asked), then `wire` (what is said), `stream` (how an answer
arrives) and `errors` (how it can fail). Nothing here retries, sleeps or stores.
"""
