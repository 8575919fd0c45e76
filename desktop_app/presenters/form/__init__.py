"""The form of an Azure ML file as data: what stands where, how it is edited, and what an edit changes. No Qt."""
