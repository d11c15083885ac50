#!/usr/bin/python3 -B
"""A fake Opsgenie and a fake Jira Service Management Operations, on loopback.

Opsgenie from its published specification (Swagger 2), Jira from its reference; for what
they do not say (limits, throttling, what comes when) from what clients have met. Two
Opsgenies, US and EU: the key of one is nobody at the other. The `/_lab/` paths are for
tests; see README.md.
"""
import argparse
import base64
import collections
import datetime
import json
import os
import random
import re
import secrets
import socket
import struct
import sys
import threading
import time
import traceback
import urllib.parse
import uuid

import web
from genie_account import PRIORITIES, Refused, build, search

UTC = datetime.timezone.utc
MAX_REACH = 20000
ME = 'ana@lab.example'
OG_SORT = ('createdAt updatedAt tinyId alias message status acknowledged isSeen snoozed '
           'snoozedUntil count lastOccurredAt source owner integration.name integration.type '
           'report.ackTime report.closeTime report.acknowledgedBy report.closedBy').split()
JSM_SORT = ('createdAt', 'insertedAt', 'lastOccurredAt', 'priority')
SORTS = {'createdAt': lambda a: a.created, 'insertedAt': lambda a: a.created,
         'updatedAt': lambda a: a.updated, 'lastOccurredAt': lambda a: a.last,
         'priority': lambda a: a.priority, 'tinyId': lambda a: int(a.tiny)}


def iso(at):
    if at is None:
        return None
    moment = datetime.datetime.fromtimestamp(at, UTC)
    return moment.strftime('%Y-%m-%dT%H:%M:%S.') + f'{moment.microsecond // 1000:03d}Z'


def parse_time(text):
    try:
        moment = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Refused(422, 'endTime is not a valid time')
    if moment.tzinfo is None:
        raise Refused(422, 'endTime needs an offset')
    return moment.timestamp()


class Desk:
    """One account behind its lock: its clock, keys, limits and faults."""

    def __init__(self, name, face, seed, count, folder):
        self.name, self.face, self.offset = name, face, 0
        self.account = build(seed, self.now, count)
        self.token = secret(folder, name + '.token')
        self.cloud = str(uuid.UUID(int=seed))
        self.lock = threading.Lock()
        self.faults, self.limits, self.used = [], {}, {}
        self.max_page = 100
        self.requests = collections.deque(maxlen=4000)

    def now(self):
        return time.time() + self.offset

    def spend(self, domain):
        """The throttle's headers, and whether this request was one too many."""
        limit = self.limits.get(domain)
        if not limit:
            return {'X-RateLimit-State': 'OK', 'X-RateLimit-Period-In-Sec': '60'}, False
        now, period = time.time(), limit['period']
        kept = [at for at in self.used.get(domain, []) if at > now - period]
        over = len(kept) >= limit['count']
        if not over:
            kept.append(now)
        self.used[domain] = kept
        full = len(kept) >= limit['count']
        return {'X-RateLimit-State': 'THROTTLED' if full else 'OK',
                'X-RateLimit-Reason': 'ACCOUNT', 'X-RateLimit-Period-In-Sec': str(period)}, over

    def take_fault(self, method, path):
        for fault in self.faults:
            if fault.get('method', method) == method and fault.get('path', '/') in path:
                fault['times'] = fault.get('times', 1) - 1
                if fault['times'] <= 0:
                    self.faults.remove(fault)
                return fault
        return None


def secret(folder, name):
    os.makedirs(folder, 0o700, exist_ok=True)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w') as file:
            file.write(str(uuid.uuid4()) + '\n')
    with open(path) as file:
        return file.read().strip()


class Request:
    def __init__(self, desk, query, raw, base):
        self.desk, self.account, self.query, self.raw = desk, desk.account, query, raw
        self.base = base        # of the links of pages
        self.path = None

    def only(self, *names):
        for name in self.query:
            if name not in names:
                raise Refused(422, f'Query parameter [{name}] is not valid')
            if len(self.query[name]) > 1 and name != 'accountId':
                raise Refused(422, f'Query parameter [{name}] is given twice')

    def one(self, name, default=None):
        return self.query.get(name, [default])[0]

    def number(self, name, default, low, high):
        text = self.one(name, str(default))
        if not re.fullmatch(r'\d{1,9}', text) or not low <= int(text) <= high:
            raise Refused(422, f'{name} should be between {low} and {high}')
        return int(text)

    def body(self, *allowed):
        try:
            body = json.loads(self.raw or b'{}')
        except ValueError:
            raise Refused(400, 'Request body is not processable. Please check the errors.')
        if not isinstance(body, dict):
            raise Refused(422, 'Request body is not an object')
        for name in body:
            if name not in allowed:
                raise Refused(422, f'Body has an unknown field [{name}]')
        return body

    def rows(self, limit_name, sorts):
        """(rows of this page, all, limit, offset), newest first unless asked otherwise."""
        limit = self.number(limit_name, 20, 1, 100)
        offset = self.number('offset', 0, 0, 10 ** 9)
        if offset + limit > MAX_REACH:
            raise Refused(422, f'Sum of offset and {limit_name} should be lower than {MAX_REACH}')
        if self.one('sort', 'createdAt') not in sorts:
            raise Refused(422, 'sort is not valid')
        if self.one('order', 'desc') not in ('asc', 'desc'):
            raise Refused(422, 'order is not valid')
        limit = min(limit, self.desk.max_page)
        check = search(self.one('query'))
        found = [a for a in self.account.alerts.values() if check(a)]
        found.sort(key=SORTS.get(self.one('sort', 'createdAt'), lambda a: a.created),
                   reverse=self.one('order', 'desc') == 'desc')
        return found[offset:offset + limit], found, limit, offset

    def link(self, **changed):
        query = {name: values[0] for name, values in self.query.items()}
        query.update(changed)
        return f'{self.base}{self.path}?{urllib.parse.urlencode(query)}'


# ---- Opsgenie

def og_alert(alert, now):
    made = {'id': alert.id, 'tinyId': alert.tiny, 'alias': alert.alias,
            'message': alert.message, 'status': alert.status,
            'acknowledged': alert.acknowledged, 'isSeen': alert.acknowledged,
            'tags': alert.tags, 'snoozed': alert.snoozed_until is not None,
            'count': alert.count, 'lastOccurredAt': iso(alert.last),
            'createdAt': iso(alert.created), 'updatedAt': iso(alert.updated),
            'source': alert.source, 'owner': alert.owner.username if alert.owner else '',
            'priority': alert.priority,
            'responders': [{'type': kind, 'id': one.id} for kind, one in alert.responders],
            'integration': {'id': str(uuid.UUID(int=7)), 'name': alert.integration[0],
                            'type': alert.integration[1]}}
    report = {}
    if alert.snoozed_until:
        made['snoozedUntil'] = iso(alert.snoozed_until)
    if alert.acked_at:
        report.update(ackTime=int((alert.acked_at - alert.created) * 1000),
                      acknowledgedBy=alert.acked_by.username)
    if alert.closed_at:
        report.update(closeTime=int((alert.closed_at - alert.created) * 1000),
                      closedBy=alert.closed_by)
    if report:
        made['report'] = report
    return made


def og_list(request):
    request.only('query', 'searchIdentifier', 'searchIdentifierType', 'offset', 'limit', 'sort',
                 'order')
    rows, found, limit, offset = request.rows('limit', OG_SORT)
    paging = {'first': request.link(offset=0, limit=limit),
              'last': request.link(offset=max(len(found) - 1, 0) // limit * limit, limit=limit)}
    if offset + limit < len(found):
        paging['next'] = request.link(offset=offset + limit, limit=limit)
    if offset:
        paging['prev'] = request.link(offset=max(offset - limit, 0), limit=limit)
    return 200, {'data': [og_alert(a, request.desk.now()) for a in rows], 'paging': paging}


def og_find(request, id):
    kind = request.one('identifierType', 'id')
    if kind not in ('id', 'tiny', 'alias'):
        raise Refused(422, 'identifierType is not valid')
    return request.account.find(id, kind)


def og_get(request, id):
    request.only('identifierType')
    alert = og_find(request, id)
    return 200, {'data': {**og_alert(alert, request.desk.now()), 'actions': [], 'entity': '',
                          'description': '', 'details': {}}}


def accepted(request, verb, id, run):
    """Whether the alert is there is found out later, too."""
    if request.one('identifierType', 'id') != 'id':
        id = og_find(request, id).id
    return 202, {'result': 'Request will be processed'}, request.account.accept(verb, id, run)


def og_write(verb, *fields):
    def handler(request, id):
        request.only('identifierType')
        account = request.account
        body = request.body('user', 'note', 'source', *fields)
        me = account.user(ME)
        run = verb(account, body, me)
        note = body.get('note') if fields != ('note',) else None

        def both(alert, at):
            said = run(alert, at)
            if note:
                account.annotate(alert, at, note, body.get('user', ME))
            return said
        return accepted(request, verb.__name__, id, both)
    return handler


def acknowledge(account, body, me):
    return lambda alert, at: account.acknowledge(alert, at, me)


def unacknowledge(account, body, me):
    return lambda alert, at: account.unacknowledge(alert, at, me)


def close(account, body, me):
    return lambda alert, at: account.close(alert, at, me)


def snooze(account, body, me):
    until = parse_time(body.get('endTime'))
    return lambda alert, at: account.snooze(alert, at, until)


def note(account, body, me):
    if not isinstance(body.get('note'), str) or not body['note']:
        raise Refused(422, 'note cannot be empty')
    return lambda alert, at: account.annotate(alert, at, body['note'], body.get('user', ME))


def og_reference(body, name, kind, second):
    """(the id, the name) of {"type": …, "id" or a name}."""
    given = body.get(name)
    if not isinstance(given, dict) or given.get('type') not in (None, kind):
        raise Refused(422, f'{name} is not valid')
    if bool(given.get('id')) == bool(given.get(second)):
        raise Refused(422, f'{name} needs either id or {second}')
    return given.get('id'), given.get(second)


def og_assign(account, body, me):
    id, username = og_reference(body, 'owner', 'user', 'username')
    return lambda alert, at: account.assign(alert, at, account.user(id or username))


def og_respond(account, body, me):
    given = body.get('responder')
    if not isinstance(given, dict) or given.get('type') not in ('user', 'team'):
        raise Refused(422, 'responder is not valid')
    kind = given['type']
    id, name = og_reference(body, 'responder', kind, 'username' if kind == 'user' else 'name')
    whom = account.user(id or name) if kind == 'user' else \
        next((t for t in account.teams if id == t.id or name == t.name), None)
    return lambda alert, at: account.ask(alert, at, kind, whom)


def jsm_respond(request, id):
    """Its body has the responder's members, and no note."""
    request.only()
    account, body = request.account, request.body('id', 'type')
    kind = body.get('type')
    if kind not in ('user', 'team', 'escalation', 'schedule') or not body.get('id'):
        raise Refused(422, 'responder is not valid')
    pool = {'user': [(u.account, u) for u in account.users],
            'team': [(t.id, t) for t in account.teams]}.get(kind, [])
    whom = next((one for key, one in pool if key == body['id']), None)
    return accepted(request, 'responder', id,
                    lambda alert, at: account.ask(alert, at, kind, whom))


def og_escalate(account, body, me):
    id, name = og_reference(body, 'escalation', 'escalation', 'name')
    ids = [i for i, n in account.escalations.items() if id in (i,) or name == n]
    return lambda alert, at: account.escalate(alert, at, ids[0] if ids else None)


def priority_of(request):
    body = request.body('priority')
    if body.get('priority') not in PRIORITIES:
        raise Refused(422, 'priority should be one of P1, P2, P3, P4, P5')
    return body['priority']


def set_priority(request, id):
    request.only('identifierType')
    priority = priority_of(request)
    return accepted(request, 'priority', id,
                    lambda alert, at: request.account.prioritise(alert, at, priority))


def og_lines(request, rows):
    """A page of notes or of a log: what comes behind or before an opaque place."""
    request.only('identifierType', 'offset', 'direction', 'limit', 'order')
    limit = min(request.number('limit', 20, 1, 100), request.desk.max_page)
    if request.one('order', 'desc') == 'desc':
        rows.reverse()
    if request.one('offset'):
        keys = [row['offset'] for row in rows]
        at = keys.index(request.one('offset')) if request.one('offset') in keys else -1
        rows = rows[at + 1:] if request.one('direction', 'next') == 'next' else rows[:max(at, 0)]
    paging = {'first': request.link()}
    if len(rows) > limit:
        paging['next'] = request.link(offset=rows[limit - 1]['offset'], direction='next')
    return 200, {'data': rows[:limit], 'paging': paging}


def og_notes(request, id):
    return og_lines(request, [{'note': text, 'owner': who, 'createdAt': iso(at), 'offset': key}
                              for key, text, who, at in og_find(request, id).notes])


def og_logs(request, id):
    return og_lines(request, [
        {'log': text, 'type': 'system', 'owner': who, 'createdAt': iso(at), 'offset': key}
        for key, text, who, at in og_find(request, id).logs])


def status_of(request, id):
    """What is not processed is unknown at first, then has no time of processing."""
    request.only()
    pending = request.account.requests.get(id)
    if pending is None or request.desk.now() < pending.seen_at:
        raise Refused(404, 'Request not found. It might not be processed, yet.')
    made = {'action': pending.action.capitalize(), 'isSuccess': bool(pending.success),
            'status': pending.status or 'Request is being processed',
            'integrationId': str(uuid.UUID(int=7)), 'alertId': pending.alert}
    alert = request.account.alerts.get(pending.alert)
    if alert:
        made['alias'] = alert.alias
    if pending.success is not None:
        made['processedAt'] = iso(pending.due)
    return made


def og_status(request, id):
    return 200, {'data': status_of(request, id)}


def og_on_calls(request):
    request.only('flat', 'date')
    now = request.desk.now()
    rows = []
    for s in request.account.schedules:
        parent = {'id': s.id, 'name': s.name, 'enabled': s.enabled}
        users = s.on_call(int(now))
        if request.one('flat') == 'true':
            rows.append({'_parent': parent, 'onCallRecipients': [u.username for u in users]})
        else:
            rows.append({'_parent': parent, 'onCallParticipants': [
                {'id': u.id, 'name': u.username, 'type': 'user'} for u in users]})
    return 200, {'data': rows}


def og_schedules(request):
    request.only('expand')
    return 200, {'data': [
        {'id': s.id, 'name': s.name, 'description': '', 'timezone': 'Europe/Berlin',
         'enabled': s.enabled, 'ownerTeam': {'id': s.team.id, 'name': s.team.name},
         'rotations': []} for s in request.account.schedules], 'expandable': ['rotation']}


WEEK = 7 * 86400


def timeline(request, id, person, one, several):
    """A span of whole weeks, of which one can be the present; what is over of the shift
    that runs is told apart from what is still to come of it."""
    schedule, now = request.account.schedule(id), request.desk.now()
    if request.one('intervalUnit', 'weeks') != 'weeks':
        raise Refused(422, 'this fake has weeks only')
    weeks = request.number('interval', 1, 1, 104)
    monday = now - (now - 4 * 86400) % WEEK
    start, end = int(monday), int(monday) + weeks * WEEK
    periods = []
    for begin, until, users, kind in schedule.shifts(start, end):
        if begin < now < until:
            cuts = [(begin, now, 'historical'), (now, until, kind)]
        else:
            cuts = [(begin, until, 'historical' if until <= now else kind)]
        for a, b, kind in cuts:
            made = {'startDate': iso(a), 'endDate': iso(b), 'type': kind,
                    one: person(users[0])}
            if kind == 'historical':
                made[several] = [person(user) for user in users]
            periods.append(made)
    return {'startDate': iso(start), 'endDate': iso(end), 'finalTimeline': {'rotations': [
        {'id': str(uuid.UUID(int=9)), 'name': 'First', 'order': 1.0, 'periods': periods}]}}


def og_timeline(request, id):
    request.only('identifierType', 'expand', 'interval', 'intervalUnit', 'date')
    schedule = request.account.schedule(id)
    person = lambda u: {'id': u.id, 'type': 'user', 'name': u.username}
    return 200, {'data': {
        '_parent': {'id': id, 'name': schedule.name, 'enabled': schedule.enabled},
        **timeline(request, id, person, 'recipient', 'flattenedRecipients')},
        'expandable': ['base', 'forwarding', 'override']}


def og_override(schedule, override):
    return {'_parent': {'id': schedule.id, 'name': schedule.name, 'enabled': True},
            'alias': override.alias,
            'user': {'type': 'user', 'id': override.user.id, 'username': override.user.username},
            'startDate': iso(override.start), 'endDate': iso(override.end), 'rotations': []}


def moments(body):
    for name in ('startDate', 'endDate'):
        if name not in body:
            raise Refused(422, f'{name} cannot be empty')
    return parse_time(body['startDate']), parse_time(body['endDate'])


def og_make_override(request, id):
    request.only('scheduleIdentifierType')
    account, schedule = request.account, request.account.schedule(id)
    body = request.body('alias', 'user', 'startDate', 'endDate', 'rotations')
    user, name = og_reference(body, 'user', 'user', 'username')
    made = account.make_override(schedule, body.get('alias'), account.user(user or name),
                                 *moments(body))
    return 201, {'data': {'alias': made.alias}}


def og_overrides(request, id):
    request.only('scheduleIdentifierType')
    schedule = request.account.schedule(id)
    return 200, {'data': [og_override(schedule, o) for o in schedule.overrides
                          if o.end > request.desk.now()]}


def og_get_override(request, id, alias):
    request.only('scheduleIdentifierType')
    schedule = request.account.schedule(id)
    return 200, {'data': og_override(schedule, request.account.override(schedule, alias))}


def end_override(request, id, alias):
    request.only('scheduleIdentifierType')
    schedule = request.account.schedule(id)
    schedule.overrides.remove(request.account.override(schedule, alias))
    return (204, {}) if request.desk.face == 'jsm' else (200, {'result': 'Deleted'})


def og_users(request):
    request.only('limit', 'offset', 'sortField', 'order', 'query')
    limit, offset = request.number('limit', 100, 1, 500), request.number('offset', 0, 0, 10 ** 6)
    limit = min(limit, request.desk.max_page)
    rows = request.account.users
    paging = {'next': request.link(offset=offset + limit)} if offset + limit < len(rows) else {}
    return 200, {'data': [
        {'id': u.id, 'username': u.username, 'fullName': u.name, 'blocked': False,
         'verified': True, 'role': {'id': 'User', 'name': 'User'}}
        for u in rows[offset:offset + limit]], 'totalCount': len(rows), 'paging': paging}


def og_teams(request):
    request.only()
    return 200, {'data': [{'id': t.id, 'name': t.name, 'description': ''}
                          for t in request.account.teams]}


# ---- Jira Service Management Operations

def jsm_alert(alert):
    made = {'id': alert.id, 'tinyId': alert.tiny, 'alias': alert.alias,
            'message': alert.message, 'status': alert.status,
            'acknowledged': alert.acknowledged, 'seen': alert.acknowledged, 'tags': alert.tags,
            'snoozed': alert.snoozed_until is not None, 'count': alert.count,
            'lastOccuredAt': iso(alert.last), 'createdAt': iso(alert.created),
            'updatedAt': iso(alert.updated), 'source': alert.source, 'priority': alert.priority,
            'owner': alert.owner.account if alert.owner else '',
            'responders': [{'type': kind, 'id': one.account if kind == 'user' else one.id}
                           for kind, one in alert.responders],
            'integrationName': alert.integration[0], 'integrationType': alert.integration[1],
            'ownerTeamId': alert.team.id}
    if alert.snoozed_until:
        made['snoozedUntil'] = iso(alert.snoozed_until)
    if alert.acknowledged:
        made['ackTime'] = iso(alert.acked_at)
    return made


def jsm_list(request):
    request.only('size', 'sort', 'offset', 'order', 'query', 'from', 'to')
    rows, found, size, offset = request.rows('size', JSM_SORT)
    more = offset + size < len(found)
    return 200, {'values': [jsm_alert(a) for a in rows], 'count': len(found),
                 'links': {'next': request.link(offset=offset + size, size=size) if more
                           else None}}


def jsm_get(request, id):
    request.only()
    return 200, {**jsm_alert(request.account.find(id)), 'description': '', 'entity': '',
                 'actions': [], 'extraProperties': {}}


def jsm_write(verb, *fields):
    def handler(request, id):
        request.only()
        return accepted(request, verb.__name__, id,
                        verb(request.account, request.body('note', *fields),
                             request.account.user(ME)))
    return handler


def jsm_assign(account, body, me):
    user = next((u for u in account.users if u.account == body.get('accountId')), None)
    return lambda alert, at: account.assign(alert, at, user)


def jsm_escalate(account, body, me):
    def run(alert, at):
        said = account.escalate(alert, at, body.get('escalationId'))
        if body.get('note'):
            account.annotate(alert, at, body['note'], me.account)
        return said
    return run


def jsm_notes(request, id):
    request.only('after', 'size')
    size = request.number('size', 20, 1, 100)
    rows = [{'id': key, 'note': text, 'owner': who, 'createdAt': iso(at)}
            for key, text, who, at in reversed(request.account.find(id).notes)]
    keys = [row['id'] for row in rows]
    if request.one('after') in keys:
        rows = rows[keys.index(request.one('after')) + 1:]
    return 200, {'values': rows[:size], 'count': len(keys), 'links': {
        'next': request.link(after=rows[size - 1]['id']) if len(rows) > size else None}}


def jsm_logs(request, id):
    """Newest first; a line has no key of its own."""
    request.only('after', 'size')
    size = request.number('size', 20, 1, 100)
    owners = {u.username: u.account for u in request.account.users}
    rows = [{'logTime': iso(at), 'logType': 'system', 'log': text,
             'owner': owners.get(who, who)}
            for _, text, who, at in reversed(request.account.find(id).logs)]
    return 200, {'values': rows[:size], 'links': {'next': None}}


def jsm_status(request, id):
    return 200, status_of(request, id)


def jsm_schedules(request):
    request.only('size', 'offset', 'query', 'expand')
    size, offset = request.number('size', 20, 1, 100), request.number('offset', 0, 0, 10 ** 6)
    size = min(size, request.desk.max_page)
    rows = [{'id': s.id, 'name': s.name, 'description': '', 'timezone': 'Etc/UTC',
             'enabled': s.enabled, 'teamId': s.team.id} for s in request.account.schedules]
    more = offset + size < len(rows)
    return 200, {'values': rows[offset:offset + size], 'links': {
        'next': request.link(offset=offset + size) if more else None}}


def jsm_on_calls(request, id):
    request.only('flat', 'date')
    for s in request.account.schedules:
        if s.id == id:
            users = s.on_call(int(request.desk.now()))
            if request.one('flat') == 'true':
                return 200, {'onCallUsers': [u.account for u in users]}
            return 200, {'onCallParticipants': [{'id': u.account, 'type': 'user'}
                                                for u in users]}
    raise Refused(404, f'No schedule exists with id [{id}]')


def jsm_timeline(request, id):
    request.only('interval', 'intervalUnit', 'date', 'expand')
    person = lambda u: {'id': u.account, 'type': 'user'}
    return 200, {**timeline(request, id, person, 'responder', 'flattenedResponders'),
                 '_expands': ['base', 'forwarding', 'override']}


def jsm_override(override):
    return {'alias': override.alias,
            'responder': {'type': 'user', 'id': override.user.account},
            'startDate': iso(override.start), 'endDate': iso(override.end),
            'rotationIds': None}


def jsm_make_override(request, id):
    request.only()
    account, schedule = request.account, request.account.schedule(id)
    body = request.body('responder', 'startDate', 'endDate', 'rotationIds')
    who = body.get('responder') or {}
    if who.get('type') != 'user':
        raise Refused(400, 'responder is not valid')
    user = next((u for u in account.users if u.account == who.get('id')), None)
    return 201, jsm_override(account.make_override(schedule, None, user, *moments(body)))


def jsm_overrides(request, id):
    request.only('size', 'offset')
    size, offset = request.number('size', 25, 1, 100), request.number('offset', 0, 0, 10 ** 6)
    size = min(size, request.desk.max_page)
    rows = [o for o in request.account.schedule(id).overrides if o.end > request.desk.now()]
    return 200, {'values': [jsm_override(o) for o in rows[offset:offset + size]], 'links': {
        'next': request.link(offset=offset + size) if offset + size < len(rows) else None}}


def jsm_teams(request):
    request.only()
    return 200, {'platformTeams': [{'teamId': t.id, 'teamName': t.name}
                                   for t in request.account.teams]}


def jira_user(user):
    return {'accountId': user.account, 'accountType': 'atlassian', 'active': True,
            'displayName': user.name, 'emailAddress': user.username}


def jira_me(request):
    return 200, jira_user(request.account.user(ME))


def jira_bulk(request):
    request.only('accountId', 'maxResults', 'startAt')
    found = [jira_user(u) for u in request.account.users
             if u.account in request.query.get('accountId', [])]
    return 200, {'maxResults': 50, 'startAt': 0, 'total': len(found), 'isLast': True,
                 'values': found}


JSM = '/jsm/ops/api/CLOUD/v1'
ALERT_VERBS = {'acknowledge': acknowledge, 'unacknowledge': unacknowledge, 'close': close}
ROUTES = {
    'opsgenie': [
        ('GET', '/v2/alerts', 'search', og_list),
        ('GET', '/v2/alerts/requests/ID', 'alert', og_status),
        ('GET', '/v2/alerts/ID', 'alert', og_get),
        ('GET', '/v2/alerts/ID/notes', 'alert', og_notes),
        ('GET', '/v2/alerts/ID/logs', 'alert', og_logs),
        ('POST', '/v2/alerts/ID/notes', 'alert', og_write(note, 'note')),
        ('POST', '/v2/alerts/ID/snooze', 'alert', og_write(snooze, 'endTime')),
        ('POST', '/v2/alerts/ID/assign', 'alert', og_write(og_assign, 'owner')),
        ('POST', '/v2/alerts/ID/escalate', 'alert', og_write(og_escalate, 'escalation')),
        ('POST', '/v2/alerts/ID/responders', 'alert', og_write(og_respond, 'responder')),
        ('PUT', '/v2/alerts/ID/priority', 'alert', set_priority),
        ('GET', '/v2/schedules/on-calls', 'oncall', og_on_calls),
        ('GET', '/v2/schedules', 'oncall', og_schedules),
        ('GET', '/v2/schedules/ID/timeline', 'oncall', og_timeline),
        ('POST', '/v2/schedules/ID/overrides', 'oncall', og_make_override),
        ('GET', '/v2/schedules/ID/overrides', 'oncall', og_overrides),
        ('GET', '/v2/schedules/ID/overrides/ID', 'oncall', og_get_override),
        ('DELETE', '/v2/schedules/ID/overrides/ID', 'oncall', end_override),
        ('GET', '/v2/users', 'search', og_users),
        ('GET', '/v2/teams', 'configuration', og_teams),
    ] + [('POST', f'/v2/alerts/ID/{name}', 'alert', og_write(verb))
         for name, verb in ALERT_VERBS.items()],
    'jsm': [
        ('GET', JSM + '/alerts', 'search', jsm_list),
        ('GET', JSM + '/alerts/requests/ID', 'alert', jsm_status),
        ('GET', JSM + '/alerts/ID', 'alert', jsm_get),
        ('GET', JSM + '/alerts/ID/notes', 'alert', jsm_notes),
        ('GET', JSM + '/alerts/ID/logs', 'alert', jsm_logs),
        ('POST', JSM + '/alerts/ID/notes', 'alert', jsm_write(note)),
        ('POST', JSM + '/alerts/ID/snooze', 'alert', jsm_write(snooze, 'endTime')),
        ('POST', JSM + '/alerts/ID/assign', 'alert', jsm_write(jsm_assign, 'accountId')),
        ('POST', JSM + '/alerts/ID/escalate', 'alert', jsm_write(jsm_escalate, 'escalationId')),
        ('POST', JSM + '/alerts/ID/responders', 'alert', jsm_respond),
        ('PATCH', JSM + '/alerts/ID/priority', 'alert', set_priority),
        ('GET', JSM + '/schedules', 'configuration', jsm_schedules),
        ('GET', JSM + '/schedules/ID/on-calls', 'oncall', jsm_on_calls),
        ('GET', JSM + '/schedules/ID/timeline', 'oncall', jsm_timeline),
        ('POST', JSM + '/schedules/ID/overrides', 'oncall', jsm_make_override),
        ('GET', JSM + '/schedules/ID/overrides', 'oncall', jsm_overrides),
        ('DELETE', JSM + '/schedules/ID/overrides/ID', 'oncall', end_override),
        ('GET', JSM + '/teams', 'configuration', jsm_teams),
        ('GET', '/ex/jira/CLOUD/rest/api/3/myself', 'jira', jira_me),
        ('GET', '/ex/jira/CLOUD/rest/api/3/user/bulk', 'jira', jira_bulk),
    ] + [('POST', f'{JSM}/alerts/ID/{name}', 'alert', jsm_write(verb))
         for name, verb in ALERT_VERBS.items()],
}


# ---- the tests' own surface

def lab_alerts(desk, spec):
    """Add alerts: message, and optionally priority, alias, source, team (a number), tags,
    age in seconds, acknowledged, snoozed (seconds), note, count."""
    ids, account = [], desk.account
    for _ in range(spec.get('count', 1)):
        now = desk.now()
        alert = account.create(spec['message'], now - spec.get('age', 0),
                               spec.get('priority', 'P3'), spec.get('alias'),
                               spec.get('source', 'lab'), spec.get('team', 0),
                               spec.get('tags', ()))
        if spec.get('acknowledged'):
            account.acknowledge(alert, now, account.user(spec.get('by', ME)))
        if spec.get('snoozed'):
            account.snooze(alert, now, now + spec['snoozed'], spec.get('by', ME))
        if spec.get('note'):
            account.annotate(alert, now, spec['note'], ME)
        ids.append(alert.id)
    return {'ids': ids}


def lab_past(desk, spec):
    """{"count": N, "days": D}: so many that began within so many days, most of them over."""
    rng, now = random.Random(spec.get('seed', 1)), desk.now()
    for _ in range(spec['count']):
        at = round(now - rng.random() * spec['days'] * 86400, 3)
        desk.account.live_through(rng, at, now)
    return {'count': len(desk.account.alerts)}


def lab_records(desk, _):
    """All there is, in seconds since 1970."""
    return {'now': desk.now(), 'alerts': [
        {'id': a.id, 'message': a.message, 'created': a.created, 'status': a.status,
         'acked': a.acked_at, 'acked_by': a.acked_by.username if a.acked_by else None,
         'closed': a.closed_at, 'closed_by': a.closed_by, 'priority': a.priority,
         'snoozed': a.snoozed_until, 'notes': [text for _, text, _, _ in a.notes],
         'logs': [text for _, text, _, _ in a.logs]}
        for a in desk.account.alerts.values()]}


def lab_rota(desk, _):
    """Who is on call, and each override that was made and not ended."""
    return {s.name: {'on_call': [u.name for u in s.on_call(desk.now())],
                     'overrides': [{'user': o.user.name, 'start': o.start, 'end': o.end}
                                   for o in s.overrides]} for s in desk.account.schedules}


def lab_close(desk, spec):
    """Behind the client's back: {"id": …}, or {"newest": N}."""
    rows = [desk.account.find(spec['id'])] if 'id' in spec else sorted(
        (a for a in desk.account.alerts.values() if a.status == 'open'),
        key=lambda a: -a.created)[:spec['newest']]
    for alert in rows:
        desk.account.close(alert, desk.now(), None)
        alert.updated = desk.now()
    return {'closed': len(rows)}


def lab_alert(desk, spec):
    """All there is to know of {"id": …}."""
    alert = desk.account.find(spec['id'])
    return {**og_alert(alert, desk.now()), 'notes': [text for _, text, _, _ in alert.notes],
            'escalated': [id for id, _ in alert.escalated],
            'asked': [getattr(one, 'username', one.name) for _, one in alert.responders]}


def lab_lag(desk, spec):
    """{"missing": seconds of 404, "pending": seconds after it}"""
    desk.account.lag.update(spec)
    return desk.account.lag


def lab_refuse(desk, spec):
    """["status text", …]: so the next requests fail."""
    desk.account.refusals = list(spec)
    return {'refusals': len(spec)}


def lab_faults(desk, spec):
    """A list of {method, path (a part), times, and one of: status (with headers, body),
    delay in seconds, drop 'before' or 'after' the effect}; [] clears them."""
    desk.faults = spec
    return {'faults': len(spec)}


def lab_limit(desk, spec):
    """{"search": {"count": 5, "period": 3}, …}: a bucket for each domain."""
    desk.limits, desk.used = spec, {}
    return spec


def lab_page(desk, spec):
    """{"max": N}: pages are shorter than asked for."""
    desk.max_page = spec['max']
    return spec


def lab_clock(desk, spec):
    desk.offset += spec.get('advance', 0)
    desk.account.let_time_pass()
    return {'now': iso(desk.now())}


def lab_world(desk, _):
    """Ids that a test needs."""
    account = desk.account
    return {'cloud': desk.cloud, 'escalations': account.escalations,
            'open': sum(a.status == 'open' for a in account.alerts.values()),
            'users': {u.username: u.account if desk.face == 'jsm' else u.id
                      for u in account.users}}


def lab_requests(desk, _):
    """What arrived since the last time this was asked, oldest first."""
    seen = list(desk.requests)
    desk.requests.clear()
    return {'requests': seen}


LAB = {('POST', name): verb for name, verb in (
    ('/_lab/alerts', lab_alerts), ('/_lab/past', lab_past), ('/_lab/close', lab_close), ('/_lab/alert', lab_alert),
    ('/_lab/lag', lab_lag), ('/_lab/refuse', lab_refuse), ('/_lab/faults', lab_faults),
    ('/_lab/limit', lab_limit), ('/_lab/page', lab_page), ('/_lab/clock', lab_clock))}
LAB['GET', '/_lab/world'] = lab_world
LAB['GET', '/_lab/rota'] = lab_rota
LAB['GET', '/_lab/records'] = lab_records
LAB['GET', '/_lab/requests'] = lab_requests


# ---- HTTP

class Door(web.Handler):
    desks = {}                  # by port

    def setup(self):
        super().setup()
        self.desk = self.desks[self.server.server_address[1]]

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        raw = self.read_body()
        if url.path.startswith('/_lab/'):
            self.answer(*self.lab(url.path, raw))
            return
        desk, headers = self.desk, {}
        with desk.lock:
            fault = desk.take_fault(self.command, url.path) or {}
        time.sleep(fault.get('delay', 0))
        if fault.get('drop') == 'before':
            self.drop()
            return
        if 'status' in fault:
            status, body, headers = fault['status'], fault.get('body', {}), fault.get('headers', {})
        else:
            with desk.lock:
                desk.account.let_time_pass()
                status, body, headers = self.respond(url, raw)
        self.record(url, raw, status)
        if fault.get('drop') == 'after':
            self.drop()
            return
        self.answer(status, body, headers)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def drop(self):
        """End the connection with a reset, as a dying proxy does."""
        linger = struct.pack('ii', 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def record(self, url, raw, status):
        self.desk.requests.append({
            'at': iso(self.desk.now()), 'method': self.command, 'path': url.path,
            'query': urllib.parse.parse_qs(url.query, keep_blank_values=True),
            'headers': {name.lower(): value for name, value in self.headers.items()
                        if name.lower() != 'authorization'},
            'authorization': 'Authorization' in self.headers,
            'body': raw.decode('utf-8', 'replace'), 'status': status})

    def lab(self, path, raw):
        verb = LAB.get((self.command, path))
        if verb is None:
            return 404, {'error': 'no such lab path: ' + path}
        with self.desk.lock:
            try:
                self.desk.account.let_time_pass()
                return 200, verb(self.desk, json.loads(raw or b'null'))
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                return 400, {'error': f'{type(error).__name__}: {error}'}
            except Refused as refused:
                return refused.status, {'error': refused.message}

    def respond(self, url, raw):
        desk, request_id, headers = self.desk, str(uuid.uuid4()), {}
        if desk.face == 'jsm' and url.path == '/_edge/tenant_info':
            return 200, {'cloudId': desk.cloud}, {}
        try:
            self.authenticate()
            status, body, request_id, headers = self.dispatch(url, raw, request_id)
        except Refused as refused:
            status, body = refused.status, {'message': refused.message}
            headers = getattr(refused, 'headers', {})
        except (KeyError, TypeError, ValueError, AttributeError):
            # A body of a shape nobody thought of; the log says where.
            traceback.print_exc()
            status, body = 500, {'message': 'Internal Server Error'}
        if desk.face == 'opsgenie' or status == 202:
            body = {**body, 'took': 0.01, 'requestId': request_id}
        if desk.face == 'jsm' and status >= 400:
            body = {'code': status, **body}
        if status < 300 and 'paging' in body:
            headers.update({f'X-Paging-{name.capitalize()}': link
                            for name, link in body['paging'].items()})
        return status, body, headers

    def authenticate(self):
        scheme, _, given = self.headers.get('Authorization', '').partition(' ')
        wanted, desk = self.desk.token, self.desk
        if desk.face == 'jsm' and scheme == 'Basic':
            wanted = base64.b64encode(f'{ME}:{desk.token}'.encode()).decode()
        elif scheme != ('Bearer' if desk.face == 'jsm' else 'GenieKey'):
            raise Refused(401, 'Could not authenticate')
        if not secrets.compare_digest(wanted.encode(), given.strip().encode()):
            raise Refused(401, 'Unauthorized' if desk.face == 'jsm' else 'Could not authenticate')

    def dispatch(self, url, raw, request_id):
        known, desk = False, self.desk
        for method, pattern, domain, function in ROUTES[desk.face]:
            regex = pattern.replace('CLOUD', re.escape(desk.cloud)).replace('ID', '([^/]+)')
            match = re.fullmatch(regex, url.path)
            known = known or bool(match)
            if not match or method != self.command:
                continue
            headers, too_many = desk.spend(domain)
            if too_many:
                refused = Refused(429, 'You are making too many requests!')
                refused.headers = headers
                raise refused
            if raw and self.headers.get_content_type() != 'application/json':
                raise Refused(415, 'Content-Type must be application/json')
            query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
            request = Request(desk, query, raw, f'http://{self.headers.get("Host")}')
            request.path = url.path
            ids = [urllib.parse.unquote(id) for id in match.groups()]
            answer = function(request, *ids)
            return answer[0], answer[1], answer[2] if len(answer) > 2 else request_id, headers
        raise Refused(405, 'Method not allowed') if known else Refused(404, 'Not found')


def arguments():
    parser = argparse.ArgumentParser(description='A fake Opsgenie and its successor on loopback.')
    parser.add_argument('--port', type=int, required=True, help='Opsgenie, US')
    parser.add_argument('--eu-port', type=int, required=True, help='Opsgenie, EU')
    parser.add_argument('--jsm-port', type=int, required=True,
                        help='Jira Service Management: the API and the site')
    parser.add_argument('--secrets', required=True, metavar='DIR',
                        help='folder of the keys, filled when empty')
    parser.add_argument('--alerts', type=int, default=12, help='open ones of each')
    parser.add_argument('--seed', type=int, default=1)
    return parser.parse_args()


def main():
    options = arguments()
    rows = ((options.port, 'opsgenie', 'opsgenie'), (options.eu_port, 'opsgenie-eu', 'opsgenie'),
            (options.jsm_port, 'jsm', 'jsm'))
    for n, (port, name, face) in enumerate(rows):
        Door.desks[port] = Desk(name, face, options.seed * 10 + n, options.alerts,
                                options.secrets)
    servers = [web.Server(port, Door) for port, _, _ in rows]
    print(f'genie: {options.alerts} alerts each, ports {[port for port, _, _ in rows]}',
          flush=True)
    web.run(servers)


if __name__ == '__main__':
    sys.exit(main())
