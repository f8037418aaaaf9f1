{{- define "hartwatch.name" -}}
{{- if contains "hartwatch" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-hartwatch" (.Release.Name | trunc 40 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "hartwatch.selector" -}}
app.kubernetes.io/name: hartwatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hartwatch.labels" -}}
{{ include "hartwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
