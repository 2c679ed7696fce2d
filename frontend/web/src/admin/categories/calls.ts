import { api, outcome } from '@/api/browser';
import type { components } from '@/api/schema';

export type Category = components['schemas']['AdminCategory'];
type Body = components['schemas']['CategoryBody'];

const path = (id: string) => ({ path: { category_id: id } });

export const askCategories = () => outcome(api.GET('/v1/admin/categories'));

export const createCategory = (body: Body) => outcome(api.POST('/v1/admin/categories', { body }));

export const changeCategory = (id: string, body: components['schemas']['CategoryChange']) =>
  outcome(api.PATCH('/v1/admin/categories/{category_id}', { params: path(id), body }));

export const deleteCategory = (id: string) =>
  outcome(api.DELETE('/v1/admin/categories/{category_id}', { params: path(id) }));
