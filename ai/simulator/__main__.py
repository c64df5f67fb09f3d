"""Run the simulator: `python -m ai.simulator --port 8787`."""

import argparse
import sys
from decimal import Decimal
from pathlib import Path

from ai.simulator.serve import listen, server
from ai.simulator.settings import Settings


def main(arguments: list[str] | None = None) -> None:
    """Serve until stopped; the chosen address is the first line on stdout."""
    options = _parser().parse_args(arguments)
    listener = listen(options.host, options.port)
    host, port = listener.getsockname()[:2]
    if options.port_file:
        Path(options.port_file).write_text(f"{port}\n", encoding="utf-8")
    sys.stdout.write(f"http://{host}:{port}/api/v1\n")
    sys.stdout.flush()
    server(_settings(options)).run(sockets=[listener])


def _parser() -> argparse.ArgumentParser:
    """Describe the options."""
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="ai.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8787, help="0 = any free one")
    parser.add_argument("--port-file", help="write the chosen port here")
    parser.add_argument("--first-token-s", type=float, default=defaults.first_token_s)
    parser.add_argument("--tokens-per-second", type=float, default=defaults.tokens_per_second)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument(
        "--credit-usd", type=Decimal, default=None, help="balance; endless without it"
    )
    parser.add_argument("--ending", type=int, choices=range(1, 7), default=defaults.ending)
    parser.add_argument("--generation-misses", type=int, default=0)
    parser.add_argument("--obedient", action="store_true", help="obey words inside fenced data too")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    """Turn options into settings."""
    return Settings(
        first_token_s=options.first_token_s,
        tokens_per_second=options.tokens_per_second,
        seed=options.seed,
        credit_usd=options.credit_usd,
        ending=options.ending,
        generation_misses=options.generation_misses,
        obedient=options.obedient,
    )


if __name__ == "__main__":
    main()
