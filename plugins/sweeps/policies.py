"""Early termination: which policies there are, what each asks, and how its file says it.

Source: Azure ML, sweep job YAML reference and "Hyperparameter tuning a model (v2)", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from desktop_app.api import Answers, Choice, Field, FieldKind, Value

NONE = "none"
CHOICES = (
    Choice(NONE, "None", "Every trial runs to its end. SDK v1: NoTerminationPolicy."),
    Choice("bandit", "Bandit", "Ends trials that fall behind the best by more than a slack. SDK v1: BanditPolicy."),
    Choice("median_stopping", "Median stopping", "Ends trials whose best is worse than the median of all running "
           "averages. SDK v1: MedianStoppingPolicy."),
    Choice("truncation_selection", "Truncation selection", "Ends the worst part of the trials at each look. "
           "SDK v1: TruncationSelectionPolicy."),
)  # fmt: skip
NO_BAYESIAN = "Bayesian sampling learns from trials that run to their end: Azure ML takes no policy with it."
AMOUNT = "amount"
_WHEN = (
    Field("evaluation_interval", "Look every", FieldKind.INTEGER, default=1, minimum=1,
          help="Logged values of the metric from one look to the next."),
    Field("delay_evaluation", "First look after", FieldKind.INTEGER, default=5, minimum=0,
          help="Logged values before that: young trials are left in peace."),
)  # fmt: skip


def asked(policy: str, defaults: Mapping[str, Value]) -> tuple[Field, ...]:
    """Return the questions of a policy."""
    own: tuple[Field, ...] = ()
    if policy == "bandit":
        kinds = (Choice("factor", "as a part of the best", "slack_factor: 0.1 ends what is below best ÷ 1.1."),
                 Choice(AMOUNT, "as an amount", "slack_amount: 0.1 ends what is 0.1 worse than the best."))  # fmt: skip
        own = (
            Field("slack", "Slack", FieldKind.NUMBER, default=0.1, minimum=0, help="How far behind a trial may be."),
            Field("slack_kind", "Slack is meant", FieldKind.CHOICE, default="factor", choices=kinds),
        )
    elif policy == "truncation_selection":
        own = (Field("truncation_percentage", "End the worst", FieldKind.INTEGER, default=20, minimum=1, maximum=99,
                     suffix="%", help="Of the trials at each look."),)  # fmt: skip
    fields = (*own, *_WHEN) if policy in {each.value for each in CHOICES[1:]} else ()
    return tuple(_with(each, defaults) for each in fields)


def written(policy: str, answers: Answers) -> dict[str, Value] | None:
    """Return the policy as a sweep's file has it, None for none; `answers` hold all that it asks."""
    if policy not in {each.value for each in CHOICES[1:]}:
        return None
    made: dict[str, Value] = {"type": policy}
    if policy == "bandit":
        made["slack_amount" if answers.get("slack_kind") == AMOUNT else "slack_factor"] = answers.get("slack")
    if policy == "truncation_selection":
        made["truncation_percentage"] = answers.get("truncation_percentage")
    return {**made, **{key: answers.get(key) for key in ("evaluation_interval", "delay_evaluation")}}


def _with(field: Field, defaults: Mapping[str, Value]) -> Field:
    return replace(field, default=defaults[field.name]) if field.name in defaults else field
