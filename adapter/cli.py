"""The `scaleahead` command: a table of subcommands, each loaded when it is called.

Why it exists: `scaleahead check` must not pay for web servers, gRPC and compilers that other commands need. A command
`x` is the click command named `command` in `adapter.commands.x`; its module may import whatever it needs.
"""

import importlib

import click

COMMANDS = {
    "backtest": "Score forecasts of recorded load against what came, next to the naive forecast.",
    "check": "Check a tuning document and list every problem.",
    "demo": "Replay real load through scaleahead, a simulated fleet and exact HPA and KEDA models.",
    "discover": "Find serving systems in a Prometheus and propose a configuration for them.",
    "doctor": "Tell of each signal of a configuration what is read, how well it is known, and what to do.",
    "explain": "Show why a workload has the replicas it has, and why not more or fewer.",
    "options": "Print the reference table of the tuning document.",
    "serve": "Serve HPAs and KEDA from a Prometheus, as a tuning document says.",
    "simulate": "Simulate a trace under our decisions and, for comparison, under other policies.",
    "top": "Watch all workloads of a running server.",
    "whatif": "Tell from a Prometheus's history what a configuration would have done.",
    "workloads": "List the workloads of a running server, each with its reason.",
}
"""Every subcommand with its one-line help, the first sentence of the command's own."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Return a command, loading its module; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        loaded = importlib.import_module(f"adapter.commands.{cmd_name}").command
        assert isinstance(loaded, click.Command)  # every module of the package defines one
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the list of commands from the table, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scaleahead", message="%(prog)s %(version)s")
def main() -> None:
    """Autoscaling metrics for LLM inference that look ahead."""
