'use client';

import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';

import { useAdmin, type AdminKey } from '../frame/admin-texts';
import { useSay } from '../frame/toasts';
import { Trouble } from '../frame/trouble';
import { useAct } from '../frame/use-act';
import { changePerson, type Change, type Person, type Role } from './calls';

export const ROLE_NAMES: Record<Role, AdminKey> = {
  customer: 'role_customer',
  staff: 'role_staff',
  admin: 'role_admin',
};

type Props = { person: Person; change: Change; onClose: () => void; onDone: (person: Person) => void };

/** Power is given and taken only by those who say it twice. */
export function PersonDialog({ person, change, onClose, onDone }: Props) {
  const { t } = useAdmin();
  const say = useSay();
  const { submit, busy, failure } = useAct(
    () => changePerson(person.id, change),
    (changed) => {
      say(t('person_changed', { name: person.name }));
      onDone(changed);
    },
  );
  const what = change.role
    ? t('role_becomes', { name: person.name, role: t(ROLE_NAMES[change.role]) })
    : t(change.disabled ? 'disable_what' : 'enable_what', { name: person.name });
  return (
    <Dialog open onClose={onClose} title={person.name} closeLabel={t('close')}>
      <form onSubmit={submit} className="grid gap-4 p-5">
        <Trouble failure={failure} />
        <p className="break-words text-soft">{person.email}</p>
        <p>{what}</p>
        <Button type="submit" look={change.disabled ? 'danger' : 'primary'} busy={busy}>
          {change.role ? t('change_role') : t(change.disabled ? 'disable' : 'enable')}
        </Button>
      </form>
    </Dialog>
  );
}
