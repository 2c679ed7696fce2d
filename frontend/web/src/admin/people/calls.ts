import { api, outcome } from '@/api/browser';
import type { components, operations } from '@/api/schema';

export type Person = components['schemas']['StaffUserView'];
export type Role = Person['role'];
export type Filters = NonNullable<operations['list_users']['parameters']['query']>;

export type Change = { role?: Role; disabled?: boolean };

export const ROLES: readonly Role[] = ['customer', 'staff', 'admin'];

export const askPeople = (filters: Filters) => outcome(api.GET('/v1/admin/users', { params: { query: filters } }));

export const changePerson = (id: string, change: Change) =>
  outcome(
    api.PATCH('/v1/admin/users/{user_id}', {
      params: { path: { user_id: id } },
      body: { role: null, disabled: null, ...change },
    }),
  );
