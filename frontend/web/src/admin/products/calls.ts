import { api, outcome, type Result } from '@/api/browser';
import type { components, operations } from '@/api/schema';

export type Product = components['schemas']['AdminProduct'];
export type Variant = components['schemas']['AdminVariant'];
export type Body = components['schemas']['ProductBody'];
export type Image = components['schemas']['Image'];
export type Category = components['schemas']['AdminCategory'];
export type Filters = NonNullable<operations['list_admin_products']['parameters']['query']>;

const path = (id: string) => ({ path: { product_id: id } });

export const askProducts = (filters: Filters) => outcome(api.GET('/v1/admin/products', { params: { query: filters } }));

export const askProduct = (id: string): Promise<Result<Product>> =>
  outcome(api.GET('/v1/admin/products/{product_id}', { params: path(id) }));

export const create = (body: Body) => outcome(api.POST('/v1/admin/products', { body }));

/** Refused with 409 if somebody has changed the product since `seen`, its `changed_at`; without it, whatever is there. */
export const change = (id: string, body: components['schemas']['ProductChange'], seen: string | null) =>
  outcome(
    api.PATCH('/v1/admin/products/{product_id}', {
      params: { ...path(id), query: seen === null ? {} : { seen } },
      body,
    }),
  );

export const archive = (id: string) => outcome(api.DELETE('/v1/admin/products/{product_id}', { params: path(id) }));

export const restore = (id: string) =>
  outcome(api.POST('/v1/admin/products/{product_id}/restore', { params: path(id) }));

export const changePrice = (sku: string, price: components['schemas']['Price']) =>
  outcome(api.PATCH('/v1/admin/variants/{sku}', { params: { path: { sku } }, body: { price } }));

export const askCategories = () => outcome(api.GET('/v1/admin/categories'));

/** The file is sent as it is; the shop makes all sizes of it. */
export const upload = (file: File, alt: string) =>
  outcome(
    api.POST('/v1/admin/media', {
      params: { query: { alt } },
      body: file,
      bodySerializer: (body: unknown) => body as File,
      headers: { 'content-type': file.type },
    }),
  );
