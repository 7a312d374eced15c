import type { FilterStore } from '../../../../storage/filters/filter-store.ts';

export interface FilterDeps {
  readonly filters: FilterStore;
}
