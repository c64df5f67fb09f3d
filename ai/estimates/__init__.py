"""What a request will cost and how long it will take, said before it is made.

    asks       the request, as it would be made
    packed     the very prompt that would be sent, counted
    history    what earlier jobs of the same kind used, from the ledger
    sizing     how large a job was or will be, so that jobs of all sizes can be compared
    forecast   p50 and p95: from history where there is enough, from prices where not
    prices     what tokens cost, and what is assumed without history
    quantiles  quantiles that hold for the next job
    afford     which purse would refuse it
    service    all of it together
    backtest   finished jobs, each estimated from what was before it

Nothing is written: no job, no hold, no row. See docs/estimates.md.
"""
