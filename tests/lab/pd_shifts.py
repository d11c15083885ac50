"""PagerDuty's shift-based schedules (v3): rotations, custom shifts, overrides of a slot.

What the specification does not say is marked "guess". v2 paths do not know these.
"""
import hashlib
from dataclasses import dataclass, field

from pd_account import DAY, HOUR, Refused, Thing, not_found

ALPHABET = '0123456789ABCDEFGHJKLMNPQRSTVWXYZ'


@dataclass
class Rotation:
    id: str
    users: list
    start: int
    turn: int
    together: bool = False      # every_member_assignment_strategy


@dataclass
class CustomShift:
    id: str
    start: int
    end: int
    users: list


@dataclass
class ShiftOverride:
    id: str
    start: int
    end: int
    slot: object                # Rotation or CustomShift
    overridden: Thing
    overriding: Thing


@dataclass
class ShiftSchedule(Thing):
    time_zone: str
    team: Thing
    rotations: list = field(default_factory=list)
    custom: list = field(default_factory=list)
    overrides: list = field(default_factory=list)


def mint(words, length=25):
    number = int.from_bytes(hashlib.sha256(words.encode()).digest(), 'big')
    text = ''
    while len(text) < length:
        number, digit = divmod(number, len(ALPHABET))
        text += ALPHABET[digit]
    return text


def refuse(**errors):
    """v3 says which field, as a map; v2 has a list."""
    refused = Refused(400, 2001, 'Invalid Request')
    refused.errors = {name.replace('__', '.'): [text] for name, text in errors.items()}
    return refused


def schedule_named(account, name, owner, start):
    """Two rotations that overlap for two hours of the day, and one custom shift."""
    users = account.users
    made = ShiftSchedule('P' + mint(name, 6), 'schedule_v3', name, 'v3/schedules',
                         'Europe/Berlin', owner)
    made.rotations = [
        Rotation(mint(name + '/days'), [users[0], users[4]], start, DAY),
        Rotation(mint(name + '/nights'), [users[1], users[2]], start + 12 * HOUR, DAY)]
    return made


def rotation_shifts(rotation, since, until, length):
    turn = max((since - rotation.start) // rotation.turn - 1, 0)
    while rotation.start + turn * rotation.turn < until:
        start = rotation.start + turn * rotation.turn
        users = rotation.users if rotation.together else [
            rotation.users[turn % len(rotation.users)]]
        for user in users:
            yield start, start + length, user
        turn += 1


def cut(pieces, override):
    """Within a slot the overriding member stands where the overridden one stood."""
    for start, end, user, over in pieces:
        if (user is not override.overridden or end <= override.start
                or start >= override.end):
            yield start, end, user, over
            continue
        if start < override.start:
            yield start, override.start, user, over
        yield (max(start, override.start), min(end, override.end), override.overriding,
               override)
        if end > override.end:
            yield override.end, end, user, over


def assignments(schedule, since, until):
    """(start, end, user, slot, override or None), in order."""
    rows = []
    for slot in schedule.rotations + schedule.custom:
        if isinstance(slot, Rotation):
            # Fourteen hours of each turn: rotations meet and leave gaps as turns allow.
            pieces = [(s, e, u, None) for s, e, u in rotation_shifts(
                slot, since, until, 14 * HOUR)]
        else:
            pieces = [(slot.start, slot.end, user, None) for user in slot.users]
        for override in schedule.overrides:
            if override.slot is slot:
                pieces = list(cut(pieces, override))
        rows += [(s, e, u, slot, over) for s, e, u, over in pieces if e > since and s < until]
    return sorted(rows, key=lambda row: (row[0], row[1]))


def covered(rows, since, until):
    """Seconds of the window with somebody on call."""
    at, total = since, 0
    for start, end, *_ in rows:
        start, end = max(start, at), min(end, until)
        if end > start:
            total += end - start
            at = end
    return total


def member(user):
    return {'type': 'user_member', 'user_id': user.id} if user else {'type': 'empty_member'}


def source(slot, override):
    kind = 'schedule_rotation' if isinstance(slot, Rotation) else 'custom_shift'
    made = {'type': kind + '_override' if override else kind,
            'rotation_id' if isinstance(slot, Rotation) else 'shift_id': slot.id}
    if override:
        made['override_id'] = override.id
    return made


def render_final(view, schedule, since, until, overflow):
    rows = assignments(schedule, since, until)
    if not overflow:
        rows = [(max(s, since), min(e, until), *rest) for s, e, *rest in rows]
    return {'type': 'final_schedule',
            'rendered_coverage_percentage': round(
                100 * covered(rows, since, until) / (until - since), 1),
            'computed_shift_assignments': [
                {'type': 'computed_shift_assignment', 'start_time': view.iso(s),
                 'end_time': view.iso(e), 'member': member(user),
                 'source': source(slot, override)} for s, e, user, slot, override in rows]}


def render_rotation(view, schedule, rotation):
    kind = 'every' if rotation.together else 'rotating'
    strategy = {'type': kind + '_member_assignment_strategy',
                'members': [member(user) for user in rotation.users]}
    if not rotation.together:
        strategy['shifts_per_member'] = 1

    def moment(at):
        return {'date_time': view.iso(at), 'time_zone': schedule.time_zone}

    return {'id': rotation.id, 'type': 'schedule_rotation', 'events': [
        {'id': mint(rotation.id), 'type': 'schedule_event', 'name': 'Turn',
         'start_time': moment(rotation.start), 'end_time': moment(rotation.start + 14 * HOUR),
         'effective_since': view.iso(rotation.start), 'effective_until': None,
         'recurrence': ['RRULE:FREQ=DAILY'], 'assignment_strategy': strategy}]}


def render_override(view, override):
    slot = 'rotation_id' if isinstance(override.slot, Rotation) else 'custom_shift_id'
    return {'id': override.id, 'type': 'override_shift', slot: override.slot.id,
            'start_time': view.iso(override.start), 'end_time': view.iso(override.end),
            'overridden_member': member(override.overridden),
            'overriding_member': member(override.overriding)}


def user_of(account, asked, where):
    if not isinstance(asked, dict) or asked.get('type') != 'user_member':
        raise refuse(**{where: 'must be a user_member'})
    for user in account.users:
        if user.id == asked.get('user_id'):
            return user
    raise refuse(**{where: 'does not belong to the account'})


def check_override(account, schedule, asked, moment, now):
    """The override that is asked for, or a refusal with the field's name."""
    if not isinstance(asked, dict) or asked.get('type') != 'override_shift':
        raise refuse(overrides__type='must be override_shift')
    given = [name for name in ('rotation_id', 'custom_shift_id') if asked.get(name)]
    if len(given) != 1:
        raise refuse(overrides__rotation_id='exactly one of rotation_id and custom_shift_id')
    slot = next((s for s in (schedule.rotations if given[0] == 'rotation_id' else schedule.custom)
                 if s.id == asked[given[0]]), None)
    if slot is None:
        raise refuse(**{'overrides__' + given[0]: 'is not of this schedule'})
    start, end = moment(asked.get('start_time')), moment(asked.get('end_time'))
    if start is None or end is None or end <= start or end <= now:
        raise refuse(overrides__end_time='must be after start_time and in the future')
    overridden = user_of(account, asked.get('overridden_member'), 'overrides__overridden_member')
    overriding = user_of(account, asked.get('overriding_member'), 'overrides__overriding_member')
    # A guess: who is overridden has to have the slot somewhere in that time.
    if not any(user is overridden and where is slot
               for _, _, user, where, _ in assignments(schedule, start, end)):
        raise refuse(overrides__overridden_member='has no shift in this time')
    return start, end, slot, overridden, overriding


def make_overrides(account, schedule, asked, moment, now):
    if not isinstance(asked, list) or not asked:
        raise refuse(overrides='must be a list with at least one entry')
    checked = [check_override(account, schedule, one, moment, now) for one in asked]
    made = []
    for start, end, slot, overridden, overriding in checked:
        override = ShiftOverride(
            mint(f'{account.seed}/{schedule.id}/{len(schedule.overrides)}/{start}/{now}'),
            start, end, slot, overridden, overriding)
        schedule.overrides.append(override)
        made.append(override)
    return made


def find_override(schedule, id):
    for override in schedule.overrides:
        if override.id == id:
            return override
    raise not_found()


def end_override(schedule, id, now):
    """One that has begun is cut short (a guess: the specification knows 204 alone)."""
    override = find_override(schedule, id)
    if override.end <= now:
        raise not_found()
    if override.start < now:
        override.end = now
    else:
        schedule.overrides.remove(override)
