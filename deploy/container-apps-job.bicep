// The monthly report as an Azure Container Apps job, without a stored secret: a user-assigned identity reads the logs
// and sends through Communication Services.
//   az deployment group create -g RESOURCE_GROUP -f deploy/container-apps-job.bicep -p environmentName=... image=... identityName=...

@description('Region of the job; that of the environment.')
param location string = resourceGroup().location

@description('Name of an existing Container Apps environment.')
param environmentName string

@description('Name of an existing user-assigned identity. Roles: docs/scheduled-job.md, "Identity".')
param identityName string

@description('The image, pinned by digest: registry/aoai-insights@sha256:...')
param image string

@description('Name of the storage of the environment that holds aoai-insights.toml and the store: an NFS share.')
param storageName string = 'aoai-insights'

@description('When, in UTC. Four days in a row: a missed run is caught up, a done one does nothing.')
param schedule string = '17 6 3-6 * *'

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' existing = {
  name: environmentName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource job 'Microsoft.App/jobs@2024-03-01' = {
  name: 'aoai-insights-monthly'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environment.id
    configuration: {
      triggerType: 'Schedule'
      scheduleTriggerConfig: {
        cronExpression: schedule
        parallelism: 1
        replicaCompletionCount: 1
      }
      replicaTimeout: 3600
      replicaRetryLimit: 1 // safe because every message is in the ledger before it leaves
    }
    template: {
      containers: [
        {
          name: 'monthly'
          image: image
          env: [
            {
              name: 'AZURE_CLIENT_ID'
              value: identity.properties.clientId
            }
          ]
          resources: {
            cpu: json('1.0')
            memory: '2Gi'
          }
          volumeMounts: [
            {
              volumeName: 'data'
              mountPath: '/data'
            }
          ]
        }
      ]
      volumes: [
        {
          name: 'data'
          storageType: 'NfsAzureFile' // SMB shares do not keep the locks that the store relies on
          storageName: storageName
        }
      ]
    }
  }
}
