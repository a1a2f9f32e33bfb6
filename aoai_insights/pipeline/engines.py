"""Who answers for a workspace: Log Analytics, or the cluster that its config names."""

from aoai_insights.config import Config, Workspace
from aoai_insights.sources import answers, kusto
from aoai_insights.sources import log_analytics as la


class Engines:
    """A client for each service, made when it is first needed and used for all its workspaces."""

    def __init__(self, config: Config, logs: answers.Engine | None = None) -> None:
        """`logs` stands in for all of them."""
        self._azure = config.azure
        self._logs = logs
        self._clusters: dict[str, answers.Engine] = {}

    def of(self, workspace: Workspace) -> answers.Engine:
        """Raises UsageError where an address is not safe or the extra for clusters is not installed."""
        if self._logs is None and workspace.cluster:
            if workspace.cluster not in self._clusters:
                made = kusto.connect(workspace.cluster, self._azure.cloud, self._azure.timeout_seconds)
                self._clusters[workspace.cluster] = made
            return self._clusters[workspace.cluster]
        self._logs = self._logs or la.connect(self._azure.cloud, self._azure.endpoint, self._azure.timeout_seconds)
        return self._logs
