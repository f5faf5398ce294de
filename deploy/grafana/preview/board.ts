// A dashboard as Grafana's own types have it, each panel with the options of its kind.

import type { GraphFieldConfig, TableFieldOptions } from '@grafana/schema';
import type { Dashboard, DataTransformerConfig, FieldConfig, FieldConfigSource, Panel as AnyPanel } from './node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen';
import type { Options as BarGauge } from './node_modules/@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/types.gen';
import type { Options as Stat } from './node_modules/@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen';
import type { FieldConfig as BandConfig, Options as Bands } from './node_modules/@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/types.gen';
import type { Options as Table } from './node_modules/@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen';
import type { Options as Text } from './node_modules/@grafana/schema/dist/types/raw/composable/text/panelcfg/x/types.gen';
import type { Options as Graph } from './node_modules/@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen';

// Of the data source for Prometheus, whose own types are not under a licence that we can take.
interface Query {
  refId: string;
  datasource: { type: 'prometheus'; uid: string };
  editorMode: 'code';
  expr: string;
  legendFormat: string;
  instant: boolean;
  range: boolean;
  format?: 'time_series' | 'table' | 'heatmap';
}

interface Panel<Kind extends string, Options, Custom> extends Omit<AnyPanel, 'type' | 'options' | 'fieldConfig' | 'targets' | 'transformations'> {
  type: Kind;
  options: Partial<Options>;
  fieldConfig: Omit<FieldConfigSource, 'defaults'> & { defaults: Omit<FieldConfig, 'custom'> & { custom?: Partial<Custom> } };
  targets: Query[];
  transformations?: DataTransformerConfig[];
}

type Nothing = Record<string, never>;
type TextPanel = Omit<AnyPanel, 'type' | 'options' | 'fieldConfig'> & { type: 'text'; options: Partial<Text> };

export interface Board extends Omit<Dashboard, 'panels'> {
  panels: Array<
    | Panel<'bargauge', BarGauge, Nothing>
    | Panel<'stat', Stat, Nothing>
    | Panel<'state-timeline', Bands, BandConfig>
    | Panel<'table', Table, TableFieldOptions>
    | TextPanel
    | Panel<'timeseries', Graph, GraphFieldConfig>
  >;
}
