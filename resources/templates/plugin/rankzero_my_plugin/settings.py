"""What a person may choose of this plugin: on its page, or by `rankzero plugins set my-plugin hours=12`."""

from desktop_app.api import Field, FieldKind, FormSpec

HOURS = Field(
    name="hours",
    title="Usual time limit",
    kind=FieldKind.INTEGER,
    default=8,
    help="What the wizard begins with, and what is offered for jobs without a limit.",
    minimum=1,
    maximum=336,
    suffix="hours",
)
COMPUTE = Field("compute", "Compute target", FieldKind.TEXT, default="", help="The cluster that new jobs begin with.")

FORM = FormSpec((HOURS, COMPUTE))
