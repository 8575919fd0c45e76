"""Which classes of azure-ai-ml read each kind of file, named as `rankzero validate` names the kind."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

_SCHEMA = "azure.ai.ml._schema"
_TABLE = "automl.table_vertical"
_IMAGE = "automl.image_vertical"
_TEXT = "automl.nlp_vertical"
_SUBTYPES = "workspace.connections.connection_subtypes"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is read: by one of several classes, told apart by the word of the key `tag`.

    `exact`: the SDK compares that word as it stands before its classes see it. `needs_tag`: without it, the SDK takes
    the file for another kind. `is_open`: the SDK accepts keys that it doesn't know at the top of the file.
    """

    classes: tuple[str, ...]
    tag: str = ""
    exact: bool = False
    needs_tag: bool = False
    is_open: bool = False

    def found(self) -> list[type]:
        """Return the classes themselves."""
        return [_imported(each) for each in self.classes]


def _job(*classes: str, tag: str = "type") -> Kind:
    return Kind(classes, tag, exact=True, needs_tag=True)


KINDS = MappingProxyType({
    "commandJob": Kind(("job.command_job.CommandJobSchema",), "type", exact=True),
    "sweepJob": _job("_sweep.sweep_job.SweepJobSchema"),
    "pipelineJob": _job("pipeline.pipeline_job.PipelineJobSchema"),
    "sparkJob": _job("job.spark_job.SparkJobSchema"),
    "autoMLJob": _job(
        f"{_TABLE}.classification.AutoMLClassificationSchema",
        f"{_TABLE}.regression.AutoMLRegressionSchema",
        f"{_TABLE}.forecasting.AutoMLForecastingSchema",
        f"{_IMAGE}.image_classification.ImageClassificationSchema",
        f"{_IMAGE}.image_classification.ImageClassificationMultilabelSchema",
        f"{_IMAGE}.image_object_detection.ImageObjectDetectionSchema",
        f"{_IMAGE}.image_object_detection.ImageInstanceSegmentationSchema",
        f"{_TEXT}.text_classification.TextClassificationSchema",
        f"{_TEXT}.text_classification_multilabel.TextClassificationMultilabelSchema",
        f"{_TEXT}.text_ner.TextNerSchema",
        tag="task",
    ),
    "importJob": _job("job.import_job.ImportJobSchema"),
    "fineTuningJob": _job(
        "_finetuning.azure_openai_finetuning.AzureOpenAIFineTuningSchema",
        "_finetuning.custom_model_finetuning.CustomModelFineTuningSchema",
        tag="model_provider",
    ),
    "distillationJob": _job("_distillation.distillation_job.DistillationJobSchema"),
    "component": Kind(
        (
            "component.command_component.CommandComponentSchema",
            "pipeline.pipeline_component.PipelineComponentSchema",
            "component.parallel_component.ParallelComponentSchema",
            "component.spark_component.SparkComponentSchema",
            "component.import_component.ImportComponentSchema",
            "component.data_transfer_component.DataTransferCopyComponentSchema",
            "component.data_transfer_component.DataTransferImportComponentSchema",
            "component.data_transfer_component.DataTransferExportComponentSchema",
        ),
        "type",
        exact=True,
        is_open=True,
    ),
    "environment": Kind(("assets.environment.EnvironmentSchema",)),
    "data": Kind(("assets.data.DataSchema",)),
    "dataImport": Kind(("_data_import.data_import.DataImportSchema",)),
    "model": Kind(("assets.model.ModelSchema",)),
    "modelPackage": Kind(("assets.package.model_package.ModelPackageSchema",)),
    "index": Kind(("assets.index.IndexAssetSchema",)),
    "compute": Kind(
        (
            "compute.aml_compute.AmlComputeSchema",
            "compute.compute_instance.ComputeInstanceSchema",
            "compute.virtual_machine_compute.VirtualMachineComputeSchema",
            "compute.kubernetes_compute.KubernetesComputeSchema",
            "compute.synapsespark_compute.SynapseSparkComputeSchema",
        ),
        "type",
        needs_tag=True,
    ),
    "datastore": Kind(
        (
            "_datastore.azure_storage.AzureBlobSchema",
            "_datastore.azure_storage.AzureFileSchema",
            "_datastore.azure_storage.AzureDataLakeGen2Schema",
            "_datastore.adls_gen1.AzureDataLakeGen1Schema",
            "_datastore.one_lake.OneLakeSchema",
        ),
        "type",
        exact=True,
        needs_tag=True,
    ),
    "managedOnlineEndpoint": Kind(("_endpoint.online.online_endpoint.ManagedOnlineEndpointSchema",)),
    "kubernetesOnlineEndpoint": Kind(("_endpoint.online.online_endpoint.KubernetesOnlineEndpointSchema",)),
    "onlineEndpoint": Kind((
        "_endpoint.online.online_endpoint.ManagedOnlineEndpointSchema",
        "_endpoint.online.online_endpoint.KubernetesOnlineEndpointSchema",
    )),
    "batchEndpoint": Kind(("_endpoint.batch.batch_endpoint.BatchEndpointSchema",)),
    "managedOnlineDeployment": Kind(("_deployment.online.online_deployment.ManagedOnlineDeploymentSchema",)),
    "kubernetesOnlineDeployment": Kind(("_deployment.online.online_deployment.KubernetesOnlineDeploymentSchema",)),
    "onlineDeployment": Kind((
        "_deployment.online.online_deployment.ManagedOnlineDeploymentSchema",
        "_deployment.online.online_deployment.KubernetesOnlineDeploymentSchema",
    )),
    "batchDeployment": Kind((
        "_deployment.batch.model_batch_deployment.ModelBatchDeploymentSchema",
        "_deployment.batch.pipeline_component_batch_deployment_schema.PipelineComponentBatchDeploymentSchema",
        "_deployment.batch.batch_deployment.BatchDeploymentSchema",
    )),
    "modelBatchDeployment": Kind(("_deployment.batch.model_batch_deployment.ModelBatchDeploymentSchema",)),
    "pipelineComponentBatchDeployment": Kind((
        "_deployment.batch.pipeline_component_batch_deployment_schema.PipelineComponentBatchDeploymentSchema",
    )),
    "deploymentTemplate": Kind(("_deployment.template.deployment_template.DeploymentTemplateSchema",)),
    "schedule": Kind((
        "schedule.schedule.JobScheduleSchema",
        "monitoring.schedule.MonitorScheduleSchema",
        "_data_import.schedule.ImportDataScheduleSchema",
    )),
    "workspace": Kind(("workspace.workspace.WorkspaceSchema",)),
    "hub": Kind(("workspace.HubSchema",)),
    "project": Kind(("workspace.ProjectSchema",)),
    "capabilityHost": Kind(("workspace.ai_workspaces.capability_host.CapabilityHostSchema",)),
    "workspaceConnection": Kind(
        (
            "workspace.connections.workspace_connection.WorkspaceConnectionSchema",
            f"{_SUBTYPES}.AzureBlobStoreConnectionSchema",
            f"{_SUBTYPES}.MicrosoftOneLakeConnectionSchema",
            f"{_SUBTYPES}.AzureOpenAIConnectionSchema",
            f"{_SUBTYPES}.AzureAIServicesConnectionSchema",
            f"{_SUBTYPES}.AzureAISearchConnectionSchema",
            f"{_SUBTYPES}.AzureContentSafetyConnectionSchema",
            f"{_SUBTYPES}.AzureSpeechServicesConnectionSchema",
            f"{_SUBTYPES}.APIKeyConnectionSchema",
            f"{_SUBTYPES}.OpenAIConnectionSchema",
            f"{_SUBTYPES}.SerpConnectionSchema",
            f"{_SUBTYPES}.ServerlessConnectionSchema",
        ),
        "type",
        needs_tag=True,
    ),
    "registry": Kind(("registry.registry.RegistrySchema",)),
    "featureStore": Kind(("_feature_store.feature_store_schema.FeatureStoreSchema",)),
    "featureStoreEntity": Kind(("_feature_store_entity.feature_store_entity_schema.FeatureStoreEntitySchema",)),
    "featureSet": Kind(("_feature_set.feature_set_schema.FeatureSetSchema",)),
    "featureSetBackfill": Kind(("_feature_set.feature_set_backfill_schema.FeatureSetBackfillSchema",)),
    "featureSetSpecification": Kind((
        "_feature_set.featureset_spec_metadata_schema.FeaturesetSpecMetadataSchema",
    )),
})  # fmt: skip


def _imported(path: str) -> type:
    module, _, name = path.rpartition(".")
    found: type = getattr(import_module(f"{_SCHEMA}.{module}"), name)
    return found
