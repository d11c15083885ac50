#!/usr/bin/python3 -B
"""A fake PagerDuty: REST v2, Events v2 and change events, on loopback.

Written from the published specification, and for what it does not say (limits,
clamping, windows, rate headers) from what clients have met in the field. The
`/_lab/` paths are for tests; see README.md.
"""
import argparse
import collections
import datetime
import json
import math
import os
import re
import secrets
import socket
import struct
import sys
import threading
import time
import traceback
import urllib.parse
import zoneinfo

import pd_shifts
import web
from pd_account import Change, Refused, Schedule, User, invalid, not_found
from pd_content import build, service_named
from pd_view import OVERVIEW, UTC, View, iso

VERSION_2 = 'application/vnd.pagerduty+json;version=2'
# since/until without an offset are read in the account's zone, which is not UTC:
# a client that forgets the offset is hours off and should find out here.
ACCOUNT_ZONE = 'America/Los_Angeles'
DEFAULT_LIMIT, MAX_LIMIT, MAX_REACH = 25, 100, 10000
MAX_UPDATES = 250
MAX_SNOOZE = 604800
MAX_EVENT_BYTES = 512 * 1024
SEVERITIES = ('critical', 'error', 'warning', 'info')
SORT_FIELDS = {'incident_number': lambda i: i.number, 'created_at': lambda i: i.created,
               'resolved_at': lambda i: i.resolved or math.inf,
               'urgency': lambda i: i.urgency == 'high'}
ROUTES = []


def route(method, pattern, sender=False):
    """Register a handler; with `sender` the spec declares the From header required."""
    regex = re.compile(pattern.replace('ID', '([^/]+)') + '$')

    def register(function):
        ROUTES.append((method, regex, function, sender))
        return function
    return register


class Desk:
    """The account behind its lock, with its clock, keys, limits and faults."""

    def __init__(self, account, keys, offset):
        self.account, self.keys, self.offset = account, keys, offset
        self.lock = threading.Lock()
        self.per_minute = 960
        self.tells_clock, self.status_log = False, True
        self.windows = {}
        self.faults = []
        self.requests = collections.deque(maxlen=20000)

    def now(self):
        return int(time.time() + self.offset)

    def let_time_pass(self):
        now = self.now()
        for incident in self.account.incidents.values():
            if incident.open:
                self.account.run_due(incident, now)

    def spend(self, key):
        """Count one request; the rate headers, and whether it was one too many."""
        now = time.time()
        start, used = self.windows.get(key, (now, 0))
        if now - start >= 60:
            start, used = now, 0
        self.windows[key] = start, used + 1
        left = self.per_minute - used - 1
        headers = {'ratelimit-limit': self.per_minute, 'ratelimit-remaining': max(left, 0),
                   'ratelimit-reset': math.ceil(start + 60 - now)}
        return headers, left < 0

    def take_fault(self, method, path):
        for fault in self.faults:
            if fault.get('method', method) == method and path.startswith(fault.get('path', '/')):
                fault['times'] = fault.get('times', 1) - 1
                if fault['times'] <= 0:
                    self.faults.remove(fault)
                return fault
        return None


class Request:
    """One REST request: its parameters, body, acting user, and view."""

    def __init__(self, desk, query, body, key, sender):
        self.desk, self.account, self.query, self.key = desk, desk.account, query, key
        self.now = desk.now()
        self.agent = key['user'] or sender
        self.raw = body
        zone = self.one('time_zone')
        self.zone = time_zone(zone) if zone else None
        self.view = View(self.account, self.zone or UTC, self.many('include[]'))

    def one(self, name, default=None):
        return self.query.get(name, [default])[-1]

    def many(self, name):
        return self.query.get(name, [])

    def flag(self, name):
        return self.one(name) == 'true'

    def chosen(self, name, allowed):
        for value in self.many(name):
            if value not in allowed:
                raise invalid(f'{name} is invalid.')
        return self.many(name)

    def body(self, *required):
        try:
            body = json.loads(self.raw)
        except ValueError:
            raise Refused(400, 2001, 'Invalid Input Provided', ['Request body is not JSON'])
        if not isinstance(body, dict):
            raise invalid('Request body must be an object')
        for name in required:
            if name not in body:
                raise invalid(f'{name.capitalize()} cannot be empty')
        return body

    def needs(self, ability):
        if ability not in self.account.abilities:
            raise Refused(402, 2012, 'Required abilities are unavailable',
                          [f'Account does not have the `{ability}` ability'])

    def number(self, name, default):
        value = self.one(name)
        if value is None:
            return default
        if not re.fullmatch(r'\d{1,9}', value):
            raise invalid(f'{name.capitalize()} must be a whole number')
        return int(value)

    def moment(self, name):
        value = self.one(name)
        if value is None:
            return None
        return parse_time(value, self.zone or time_zone(ACCOUNT_ZONE), name)

    def window(self, months=1, longest=6):
        """[since, until): by default the last month, one bound means a month from it."""
        since, until = self.moment('since'), self.moment('until')
        if since is None and until is None:
            until = self.now + 1
        if until is None:
            until = shift_months(since, months)
        if since is None:
            since = shift_months(until, -months)
        if since > until or since < shift_months(until, -longest):
            raise invalid(' is invalid.')
        return since, until

    def page(self, name, rows, render):
        limit = min(max(self.number('limit', DEFAULT_LIMIT), 1), MAX_LIMIT)
        offset = self.number('offset', 0)
        if offset + limit > MAX_REACH:
            raise Refused(400, 2002, 'Arguments Caused Error', [
                'Offset+limit exceeds maximum allowed value of 10000. Please try to refine '
                'your search to reduce the returned set of records below this number, '
                'like adding a date range.'])
        return {name: [render(row) for row in rows[offset:offset + limit]],
                'limit': limit, 'offset': offset, 'more': offset + limit < len(rows),
                'total': len(rows) if self.flag('total') else None}


def time_zone(name):
    try:
        return UTC if name in ('UTC', 'Etc/UTC') else zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid('Time zone is invalid')


def parse_time(text, zone, name):
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return int(moment.timestamp())
    except (TypeError, ValueError, OverflowError):
        raise invalid(f'{name.capitalize()} is not a valid time')


def shift_months(at, count):
    moment = datetime.datetime.fromtimestamp(at, UTC)
    month = moment.year * 12 + moment.month - 1 + count
    year, month = divmod(month, 12)
    for day in range(moment.day, 27, -1):
        try:
            return int(moment.replace(year=year, month=month + 1, day=day).timestamp())
        except ValueError:
            continue
    return int(moment.replace(year=year, month=month + 1).timestamp())


def by_ids(request, name, rows, ids_of):
    wanted = request.many(name)
    return [row for row in rows if not wanted or set(wanted) & set(ids_of(row))]


# ---- incidents

@route('GET', '/incidents')
def list_incidents(request):
    rows = list(request.account.incidents.values())
    if request.one('date_range') != 'all':
        since, until = request.window()
        rows = [i for i in rows if since <= i.created < until]
    statuses = request.chosen('statuses[]', ('triggered', 'acknowledged', 'resolved'))
    urgencies = request.chosen('urgencies[]', ('high', 'low'))
    if urgencies:
        request.needs('urgencies')
    if request.many('team_ids[]'):
        request.needs('teams')
    key = request.one('incident_key')
    rows = [i for i in rows if (not statuses or i.status in statuses)
            and (not urgencies or i.urgency in urgencies)
            and (key is None or key == i.key or any(key == a.key for a in i.alerts))]
    rows = by_ids(request, 'service_ids[]', rows, lambda i: [i.service.id])
    rows = by_ids(request, 'team_ids[]', rows, lambda i: [i.policy.team.id])
    rows = by_ids(request, 'user_ids[]', rows, lambda i: [u.id for u, _ in i.assigned])
    return 200, request.page('incidents', sort_incidents(request, rows), request.view.incident)


def sort_incidents(request, rows):
    orders = [part for value in request.many('sort_by') + request.many('sort_by[]')
              for part in value.split(',')]
    if len(orders) > 2:
        raise invalid('Sort by accepts at most two fields')
    rows = sorted(rows, key=lambda i: i.number)
    for order in reversed(orders):
        name, _, direction = order.partition(':')
        if name not in SORT_FIELDS or direction not in ('', 'asc', 'desc'):
            raise invalid('Sort by is invalid')
        rows.sort(key=SORT_FIELDS[name], reverse=direction == 'desc')
    return rows


@route('POST', '/incidents', sender=True)
def create_incident(request):
    made = request.body('incident')['incident']
    if not isinstance(made, dict) or not made.get('title'):
        raise invalid('Title cannot be empty')
    service = request.account.find(request.account.services, reference(made.get('service')))
    key = made.get('incident_key')
    if key and (service.id, key) in request.account.by_key:
        raise invalid('Incident key has already been used by an open incident on this service')
    incident = request.account.trigger(
        service, made['title'], request.now, key, urgency=made.get('urgency', 'high'),
        priority=priority_of(request, made), agent=request.agent)
    incident.body = (made.get('body') or {}).get('details')
    if made.get('assignments'):
        request.account.assign(incident, assignees(request, made), request.agent, request.now)
    return 201, {'incident': request.view.incident(incident)}


@route('PUT', '/incidents', sender=True)
def update_incidents(request):
    changes = request.body('incidents')['incidents']
    if not isinstance(changes, list) or not all(isinstance(c, dict) for c in changes):
        raise invalid('Incidents must be an array')
    if len(changes) > MAX_UPDATES:
        raise Refused(413, 2001, 'Request Entity Too Large',
                      [f'Incidents must contain no more than {MAX_UPDATES} items'])
    incidents = [request.account.incident(change.get('id')) for change in changes]
    for incident, change in zip(incidents, changes):
        check_update(incident, change)
    for incident, change in zip(incidents, changes):
        update(request, incident, change)
    limit = max(len(incidents), 1)
    return 200, {'incidents': [request.view.incident(i) for i in incidents],
                 'limit': limit, 'offset': 0, 'more': False, 'total': None}


@route('GET', '/incidents/ID')
def get_incident(request, id):
    return 200, {'incident': request.view.incident(request.account.incident(id))}


@route('PUT', '/incidents/ID', sender=True)
def update_incident(request, id):
    incident = request.account.incident(id)
    change = request.body('incident')['incident']
    if not isinstance(change, dict):
        raise invalid('Incident must be an object')
    check_update(incident, change)
    update(request, incident, change)
    return 200, {'incident': request.view.incident(incident)}


def check_update(incident, change):
    """A batch is applied whole or not at all."""
    if change.get('type') not in ('incident', 'incident_reference'):
        raise invalid('Type must be incident or incident_reference')
    status = change.get('status')
    if status not in (None, 'triggered', 'acknowledged', 'resolved'):
        raise invalid('Status is invalid')
    if status == 'resolved' and not incident.open:
        raise Refused(400, 1001, 'Incident Already Resolved')
    if change.get('urgency') not in (None, 'high', 'low'):
        raise invalid('Urgency is invalid')
    level = change.get('escalation_level')
    if level is not None and level not in range(1, len(incident.policy.rules) + 1):
        raise invalid('Escalation level is invalid')


def update(request, incident, change):
    account, now, agent = request.account, request.now, request.agent
    incident.title = change.get('title') or incident.title
    incident.bridge = change.get('conference_bridge', incident.bridge)
    if 'priority' in change:
        incident.priority = priority_of(request, change)
    if change.get('urgency') not in (None, incident.urgency):
        incident.urgency = change['urgency']
        account.note_down(incident, 'urgency_change', now, agent)
    if change.get('service'):
        incident.service = account.find(account.services, reference(change['service']))
    if change.get('escalation_policy'):
        incident.policy = account.find(account.policies, reference(change['escalation_policy']))
        incident.level, incident.loop = 1, 0
        account.assign_level(incident, now)
    if change.get('escalation_level'):
        incident.level = change['escalation_level']
        account.assign_level(incident, now, 'escalate')
    if change.get('assignments'):
        account.assign(incident, assignees(request, change), agent, now)
    status = change.get('status')
    if status == 'acknowledged':
        account.acknowledge(incident, agent, now)
    elif status == 'triggered':
        account.unacknowledge(incident, agent, now)
    elif status == 'resolved':
        if change.get('resolution'):
            account.annotate(incident, agent, change['resolution'], now, 'api')
        account.resolve(incident, agent, now)
    incident.updated = now


def reference(value):
    if not isinstance(value, dict) or not isinstance(value.get('id'), str):
        raise invalid('A reference needs an id and a type')
    return value['id']


def priority_of(request, change):
    if not change.get('priority'):
        return None
    return request.account.find(request.account.priorities, reference(change['priority']))


def assignees(request, change):
    if not all(isinstance(a, dict) for a in change['assignments']):
        raise invalid('Assignments are invalid')
    return [request.account.find(request.account.users, reference(a.get('assignee')))
            for a in change['assignments']]


@route('GET', '/incidents/ID/alerts')
def list_alerts(request, id):
    incident = request.account.incident(id)
    statuses = request.chosen('statuses[]', ('triggered', 'resolved'))
    key = request.one('alert_key')
    rows = [a for a in incident.alerts if (not statuses or a.status in statuses)
            and key in (None, a.key)]
    return 200, request.page('alerts', rows, lambda a: request.view.alert(incident, a))


@route('PUT', '/incidents/ID/alerts', sender=True)
def update_alerts(request, id):
    incident = request.account.incident(id)
    changes = request.body('alerts')['alerts']
    if len(changes) > MAX_UPDATES:
        raise Refused(413, 2001, 'Request Entity Too Large')
    alerts = [request.account.find(incident.alerts, reference(change)) for change in changes]
    for alert, change in zip(alerts, changes):
        if change.get('status') == 'resolved':
            alert.status, alert.resolved = 'resolved', request.now
    if incident.open and all(a.status == 'resolved' for a in incident.alerts):
        request.account.resolve(incident, request.agent, request.now)
    return 200, request.page('alerts', alerts, lambda a: request.view.alert(incident, a))


@route('GET', '/incidents/ID/notes')
def list_notes(request, id):
    return 200, {'notes': [request.view.note(n) for n in request.account.incident(id).notes]}


@route('POST', '/incidents/ID/notes', sender=True)
def add_note(request, id):
    incident = request.account.incident(id)
    note = request.body('note')['note']
    if not isinstance(note, dict) or not note.get('content'):
        raise invalid('Content cannot be empty')
    made = request.account.annotate(incident, request.agent, note['content'], request.now, 'api')
    return 200, {'note': request.view.note(made)}


def page_of_entries(request, pairs):
    if request.flag('is_overview'):
        pairs = [(i, e) for i, e in pairs if e.type.removesuffix('_log_entry') in OVERVIEW]
    since, until = request.moment('since'), request.moment('until')
    pairs = [(i, e) for i, e in pairs
             if (since is None or e.at >= since) and (until is None or e.at < until)]
    pairs.sort(key=lambda pair: pair[1].at, reverse=True)
    return 200, request.page('log_entries', pairs, lambda pair: request.view.log_entry(*pair))


@route('GET', '/incidents/ID/log_entries')
def incident_log(request, id):
    incident = request.account.incident(id)
    return page_of_entries(request, [(incident, entry) for entry in reversed(incident.log)])


@route('GET', '/log_entries')
def account_log(request):
    incidents = by_ids(request, 'team_ids[]', request.account.incidents.values(),
                       lambda i: [i.policy.team.id])
    return page_of_entries(request, [(i, entry) for i in incidents for entry in reversed(i.log)])


@route('POST', '/incidents/ID/snooze', sender=True)
def snooze(request, id):
    incident = request.account.incident(id)
    seconds = request.body('duration')['duration']
    if type(seconds) is not int or not 1 <= seconds <= MAX_SNOOZE:
        raise invalid(f'Duration must be between 1 and {MAX_SNOOZE} seconds')
    request.account.snooze(incident, request.agent, seconds, request.now)
    return 201, {'incident': request.view.incident(incident)}


@route('PUT', '/incidents/ID/merge', sender=True)
def merge(request, id):
    target = request.account.incident(id)
    sources = [request.account.incident(reference(source))
               for source in request.body('source_incidents')['source_incidents']]
    request.account.merge(target, sources, request.agent, request.now)
    return 200, {'incident': request.view.ref(target)}


@route('POST', '/incidents/ID/responder_requests')
def request_responders(request, id):
    request.needs('coordinated_responding')
    account = request.account
    incident = account.incident(id)
    body = request.body('requester_id', 'message', 'responder_request_targets')
    if not isinstance(body['message'], str) or not body['responder_request_targets']:
        raise invalid('A request needs a message and targets')
    everyone = account.users + account.policies
    made = {'id': account.new_id('P', 7), 'at': request.now, 'message': body['message'],
            'requester': account.find(account.users, body['requester_id']),
            'targets': [account.find(everyone, reference(t.get('responder_request_target')))
                        for t in body['responder_request_targets']]}
    incident.requests.append(made)
    incident.updated = request.now
    return 200, {'responder_request': request.view.responder_request(incident, made)}


@route('POST', '/incidents/ID/status_updates', sender=True)
def add_status_update(request, id):
    incident = request.account.incident(id)
    body = request.body('message')
    if not isinstance(body['message'], str) or not body['message'].strip():
        raise invalid('Message cannot be empty')
    incident.updated = request.now
    incident.updates.append({'message': body['message'], 'at': iso(request.now),
                             'sender': request.agent.name})
    if request.desk.status_log:
        request.account.note_down(incident, 'status_update', request.now, request.agent,
                                  message=body['message'])
    optional = {name: body[name] for name in ('subject', 'html_message') if name in body}
    return 200, {'status_update': {
        'id': request.account.new_id('P', 7), 'message': body['message'],
        'created_at': request.view.iso(request.now),
        'sender': request.view.ref(request.agent), **optional}}


@route('GET', '/incidents/ID/past_incidents')
def past_incidents(request, id):
    request.needs('event_intelligence')
    incident = request.account.incident(id)
    limit = request.number('limit', 5)
    if not 1 <= limit <= 999:
        raise invalid('Limit must be between 1 and 999')
    same = [i for i in request.account.incidents.values()
            if i.service is incident.service and i.created < incident.created
            and i.created >= shift_months(request.now, -6)]
    rows = sorted(same, key=lambda i: (i.title == incident.title, i.created), reverse=True)
    made = {'past_incidents': [
        {'incident': {key: value for key, value in request.view.incident(i).items()
                      if key in ('id', 'created_at', 'self', 'title')},
         'score': 46.8249 if i.title == incident.title else 12.5} for i in rows[:limit]],
        'limit': limit}
    if request.flag('total'):
        made['total'] = len(rows)
    return 200, made


@route('GET', '/incidents/ID/related_change_events')
def related_change_events(request, id):
    related = request.view.related_changes(request.account.incident(id))
    return 200, {'change_events': related[:request.number('limit', DEFAULT_LIMIT)],
                 'limit': None, 'offset': None, 'total': None, 'more': False}


# ---- the directory

def listing(path, collection, render, filters=()):
    """GET /path and GET /path/ID of a collection searched by name."""
    name = path.strip('/')

    def every(request):
        rows = getattr(request.account, collection)
        query = (request.one('query') or '').lower()
        rows = [row for row in rows
                if query in row.name.lower() or query in getattr(row, 'email', '').lower()]
        for parameter, ids_of in filters:
            rows = by_ids(request, parameter, rows, ids_of)
        return 200, request.page(name, rows, lambda row: getattr(request.view, render)(row))

    def single(request, id):
        row = request.account.find(getattr(request.account, collection), id)
        return 200, {render: getattr(request.view, render)(row)}

    route('GET', path)(every)
    return single


@route('GET', '/users/me')
def current_user(request):
    if request.key['user'] is None:
        raise Refused(400, 2002, 'Arguments Caused Error', [
            'Requests to this endpoint need a user-level key or an OAuth token'])
    return 200, {'user': request.view.user(request.key['user'])}


TEAM = ('team_ids[]', lambda row: [row.team.id])
route('GET', '/services/ID')(listing('/services', 'services', 'service', [TEAM]))
route('GET', '/teams/ID')(listing('/teams', 'teams', 'team'))
route('GET', '/users/ID')(listing('/users', 'users', 'user', [
    ('team_ids[]', lambda user: [team.id for team in user.teams])]))
route('GET', '/escalation_policies/ID')(listing(
    '/escalation_policies', 'policies', 'escalation_policy', [TEAM, (
        'user_ids[]', lambda policy: [t.id for _, targets in policy.rules for t in targets])]))
listing('/schedules', 'schedules', 'schedule', [TEAM])


@route('GET', '/priorities')
def list_priorities(request):
    return 200, request.page('priorities', request.account.priorities, request.view.priority)


@route('GET', '/abilities')
def list_abilities(request):
    return 200, {'abilities': request.account.abilities}


@route('GET', '/schedules/ID')
def get_schedule(request, id):
    schedule = request.account.find(request.account.schedules, id)
    since = request.moment('since') or request.now
    until = request.moment('until') or since + 14 * 86400
    if since >= until or since < shift_months(until, -3):
        raise invalid(' is invalid.')
    return 200, {'schedule': request.view.rendered_schedule(
        schedule, since, until, request.flag('overflow'))}


@route('GET', '/schedules/ID/users')
def schedule_users(request, id):
    schedule = request.account.find(request.account.schedules, id)
    since = request.moment('since') or request.now
    until = request.moment('until') or since + 1
    users = []
    for _, _, user in request.account.shifts(schedule, since, until):
        if user not in users:
            users.append(user)
    return 200, {'users': [request.view.user(user) for user in users]}


@route('GET', '/schedules/ID/overrides')
def list_overrides(request, id):
    schedule = request.account.find(request.account.schedules, id)
    since, until = request.moment('since'), request.moment('until')
    if since is None or until is None:
        raise invalid('Since and until are required')
    rows = [o for o in schedule.overrides if o.end > since and o.start < until
            and (not request.flag('editable') or o.end > request.now)]
    return 200, {'overrides': [request.view.override(o) for o in rows]}


@route('POST', '/schedules/ID/overrides')
def create_overrides(request, id):
    schedule = request.account.find(request.account.schedules, id)
    body = request.body()
    asked = body['overrides'] if 'overrides' in body else [body.get('override')]
    if not isinstance(asked, list) or not asked:
        raise invalid('Overrides must be a list with at least one entry')
    return 201, [create_override(request, schedule, one) for one in asked]


def create_override(request, schedule, asked):
    if not isinstance(asked, dict):
        raise invalid('Override must be an object')
    zone = time_zone(asked.get('time_zone') or schedule.time_zone)
    start, end = (parse_time(asked.get(name), zone, name) for name in ('start', 'end'))
    user = request.account.find(request.account.users, reference(asked.get('user')))
    if end <= start:
        return {'status': 400, 'errors': ['Override must end after its start'],
                'override': {**asked, 'user': request.view.ref(user)}}
    if end <= request.now:
        return {'status': 400, 'errors': ['Override must end in the future'],
                'override': {**asked, 'user': request.view.ref(user)}}
    made = request.account.override(schedule, start, end, user, request.now)
    return {'status': 201, 'override': request.view.override(made)}


@route('DELETE', '/schedules/ID/overrides/ID')
def delete_override(request, id, override):
    schedule = request.account.find(request.account.schedules, id)
    never_began = request.account.remove_override(schedule, override, request.now)
    return (204, b'') if never_began else (200, {})


# ---- shift-based schedules

def shift_schedule(request, id):
    return request.account.find(request.account.shift_schedules, id)


def v3_page(request, rows, default, most):
    limit, offset = request.number('limit', default), request.number('offset', 0)
    if not 1 <= limit <= most:
        raise pd_shifts.refuse(limit=f'must be from 1 to {most}')
    return rows[offset:offset + limit], {
        'limit': limit, 'offset': offset, 'more': offset + limit < len(rows)}


def v3_window(request):
    since, until = request.moment('since'), request.moment('until')
    if since is None or until is None or since >= until:
        raise pd_shifts.refuse(since='since and until are required, until after since')
    return since, until


@route('GET', '/v3/schedules')
def list_shift_schedules(request):
    rows = by_ids(request, 'team_ids[]', request.account.shift_schedules, lambda s: [s.team.id])
    query = request.one('query')
    rows, page = v3_page(
        request, [s for s in rows if not query or query.lower() in s.name.lower()], 100, 1000)
    return 200, {'schedules': [request.view.ref(s) for s in rows], **page}


@route('GET', '/v3/schedules/ID')
def get_shift_schedule(request, id):
    schedule = shift_schedule(request, id)
    view = request.view
    made = {**view.tag(schedule), 'name': schedule.name, 'time_zone': schedule.time_zone,
            'description': '', 'teams': view.refs([schedule.team]), 'escalation_policies': [],
            'rotations': [pd_shifts.render_rotation(view, schedule, r)
                          for r in schedule.rotations]}
    wanted = 'final_schedule' in request.chosen('include[]', ('final_schedule',))
    if wanted and request.moment('since') and request.moment('until'):
        made['final_schedule'] = pd_shifts.render_final(
            view, schedule, *v3_window(request), request.flag('overflow'))
    return 200, {'schedule': made}


@route('GET', '/v3/schedules/ID/overrides')
def list_shift_overrides(request, id):
    schedule = shift_schedule(request, id)
    since, until = v3_window(request)
    rows, page = v3_page(request, [o for o in schedule.overrides
                                   if o.end > since and o.start < until], 25, 100)
    return 200, {'overrides': [pd_shifts.render_override(request.view, o) for o in rows], **page}


@route('POST', '/v3/schedules/ID/overrides')
def create_shift_overrides(request, id):
    schedule = shift_schedule(request, id)

    def moment(text):
        try:
            return parse_time(text, UTC, 'time')
        except Refused:
            return None

    made = pd_shifts.make_overrides(
        request.account, schedule, request.body().get('overrides'), moment, request.now)
    return 201, {'overrides': [pd_shifts.render_override(request.view, o) for o in made]}


@route('GET', '/v3/schedules/ID/overrides/ID')
def get_shift_override(request, id, override):
    found = pd_shifts.find_override(shift_schedule(request, id), override)
    return 200, {'override': pd_shifts.render_override(request.view, found)}


@route('DELETE', '/v3/schedules/ID/overrides/ID')
def delete_shift_override(request, id, override):
    pd_shifts.end_override(shift_schedule(request, id), override, request.now)
    return 204, b''


@route('GET', '/oncalls')
def list_on_calls(request):
    since = request.moment('since') or request.now
    until = request.moment('until') or since + 1
    if until <= since or until > since + 90 * 86400:
        raise invalid(' is invalid.')
    rows = list(request.view.on_calls(since, until))
    rows = by_ids(request, 'user_ids[]', rows, lambda row: [row[2].id])
    rows = by_ids(request, 'escalation_policy_ids[]', rows, lambda row: [row[0].id])
    rows = by_ids(request, 'schedule_ids[]', rows, lambda row: [row[3].id] if row[3] else [])
    if request.flag('earliest'):
        first = {}
        for row in sorted(rows, key=lambda row: row[4] or 0):
            first.setdefault((row[0].id, row[1], row[2].id), row)
        rows = [row for row in rows if row in first.values()]
    return 200, request.page('oncalls', rows, request.view.on_call)


@route('GET', '/change_events')
def list_changes(request):
    since, until = request.moment('since'), request.moment('until')
    rows = [c for c in reversed(request.account.changes)
            if (since is None or c.at >= since) and (until is None or c.at < until)]
    rows = by_ids(request, 'team_ids[]', rows, lambda c: [c.service.team.id])
    rows = by_ids(request, 'integration_ids[]', rows, lambda c: [c.service.integration.id])
    return 200, request.page('change_events', rows, request.view.change)


# ---- Events v2

def event_error(*errors):
    return 400, {'status': 'invalid event', 'message': 'Event object is invalid',
                 'errors': list(errors)}


def parse_event(desk, raw):
    """The event and its service, or the answer that refuses it."""
    try:
        event = json.loads(raw)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        return None, None, (400, {'status': 'Unrecognized object', 'errors': ['JSON parse error'],
                                  'message': 'Event object format is unrecognized'})
    service = next((s for s in desk.account.services
                    if desk.keys['routing'][s.name] == event.get('routing_key')), None)
    if not event.get('routing_key'):
        return None, None, event_error("'routing_key' is missing or blank")
    if service is None:
        return None, None, event_error('Invalid routing key')
    return event, service, None


def enqueue(desk, raw):
    event, service, refusal = parse_event(desk, raw)
    if refusal:
        return refusal
    action, key = event.get('event_action'), event.get('dedup_key')
    payload = event.get('payload') or {}
    errors = []
    if action not in ('trigger', 'acknowledge', 'resolve'):
        errors.append("'event_action' is missing or invalid")
    elif action == 'trigger':
        errors += [f"'payload.{name}' is missing or blank"
                   for name in ('summary', 'source', 'severity') if not payload.get(name)]
        if payload.get('severity') and payload['severity'] not in SEVERITIES:
            errors.append("'payload.severity' is invalid (must be one of the following: "
                          "'critical', 'warning', 'error' or 'info')")
        if len(payload.get('summary') or '') > 1024:
            errors.append("'payload.summary' is longer than 1024 characters")
    elif not key:
        errors.append("'dedup_key' is missing or blank")
    if len(key or '') > 255:
        errors.append("'dedup_key' is longer than 255 characters")
    if errors:
        return event_error(*errors)
    key = key or secrets.token_hex(16)
    desk.account.event(service, action, key, payload, event.get('links') or [], desk.now())
    return 202, {'status': 'success', 'message': 'Event processed', 'dedup_key': key}


def enqueue_change(desk, raw):
    event, service, refusal = parse_event(desk, raw)
    if refusal:
        return refusal
    payload = event.get('payload') or {}
    if not payload.get('summary'):
        return event_error("'payload.summary' is missing or blank")
    at = desk.now()
    if payload.get('timestamp'):
        try:
            at = parse_time(payload['timestamp'], UTC, 'timestamp')
        except Refused as refused:
            return event_error(*refused.errors)
    desk.account.changes.append(Change(
        desk.account.new_id('0', 26), at, payload['summary'], payload.get('source') or 'api',
        service, payload.get('custom_details') or {}, event.get('links') or []))
    desk.account.changes.sort(key=lambda change: change.at)
    return 202, {'status': 'success', 'message': 'Change event processed'}


EVENTS = {'/v2/enqueue': enqueue, '/v2/change/enqueue': enqueue_change}


# ---- the tests' own surface

def lab_incident(desk, spec):
    """Add incidents: service (a name), title, and optionally severity, urgency, priority
    (a name), age in seconds, status, key, details, note, count."""
    account, now = desk.account, desk.now()
    service = service_named(account, spec['service'])
    at = now - spec.get('age', 0)
    priority = next((p for p in account.priorities if p.name == spec.get('priority')), None)
    ids = []
    for _ in range(spec.get('count', 1)):
        incident = account.trigger(
            service, spec['title'], at, spec.get('key'), spec.get('severity', 'critical'),
            spec.get('details'), urgency=spec.get('urgency'), priority=priority)
        account.run_due(incident, now)
        if spec.get('note'):
            account.annotate(incident, account.users[0], spec['note'], at, 'web')
        if spec.get('status', 'triggered') != incident.status:
            lab_status(desk, {'id': incident.id, 'status': spec['status']})
        ids.append(incident.id)
    return {'ids': ids}


def lab_status(desk, spec):
    """Set a status behind the client's back, by the first user or the one with `email`."""
    account, now = desk.account, desk.now()
    incident = account.incident(spec['id'])
    agent = next((u for u in account.users if u.email == spec.get('email')), account.users[0])
    verb = {'acknowledged': account.acknowledge, 'triggered': account.unacknowledge,
            'resolved': account.resolve}[spec['status']]
    verb(incident, agent, now)
    return {'status': incident.status}


def lab_responder(desk, spec):
    """Somebody who was asked answers: incident id, email, state joined or declined."""
    account = desk.account
    incident = account.incident(spec['id'])
    user = next(u for u in account.users if u.email == spec['email'])
    incident.answers[user.id] = spec['state'], desk.now()
    return {'state': spec['state']}


def lab_bridge(desk, spec):
    """An incident's conference bridge: number, url; without both it has none."""
    made = {name: spec[key] for name, key in (
        ('conference_number', 'number'), ('conference_url', 'url')) if spec.get(key)}
    desk.account.incident(spec['id']).bridge = made or None
    return {'bridge': made or None}


def lab_note(desk, spec):
    """Write notes as somebody else would: id, text, email, count; or remove one: drop."""
    account, now = desk.account, desk.now()
    incident = account.incident(spec['id'])
    user = next((u for u in account.users if u.email == spec.get('email')), account.users[0])
    if 'drop' in spec:
        incident.notes = [n for n in incident.notes if spec['drop'] not in n['text']]
        return {'notes': len(incident.notes)}
    for _ in range(spec.get('count', 1)):
        account.annotate(incident, user, spec['text'], now, 'web')
    return {'notes': len(incident.notes)}


def lab_look(desk, spec):
    """The truth about one incident, for tests that count."""
    incident = desk.account.incident(spec['id'])
    return {'status': incident.status, 'notes': [n['text'] for n in incident.notes],
            'updates': incident.updates, 'log': len(incident.log),
            'alerts': len(incident.alerts),
            'requests': [{'message': r['message'], 'targets': [t.name for t in r['targets']]}
                         for r in incident.requests]}


def lab_faults(desk, spec):
    """A list of {method, path (prefix), times, and one of: status (with headers, body),
    delay in seconds, drop 'before' or 'after' the effect, truncate to so many bytes, shift
    by so many log entries that come behind the answer}; [] clears them."""
    desk.faults = spec
    return {'faults': len(spec)}


def lab_clock(desk, spec):
    """{"advance": seconds}; with "told": true the Date of each answer is that clock's."""
    desk.offset += spec.get('advance', 0)
    desk.tells_clock = spec.get('told', desk.tells_clock)
    desk.let_time_pass()
    return {'now': iso(desk.now())}


def lab_log(desk, spec):
    """{"status": false}: the log of an incident does not tell of status updates, which the
    published description leaves open."""
    desk.status_log = spec['status']
    return {'status': desk.status_log}


def lab_limit(desk, spec):
    desk.per_minute = spec['per_minute']
    desk.windows.clear()
    return {'per_minute': desk.per_minute}


def lab_abilities(desk, spec):
    desk.account.abilities = spec
    return {'abilities': spec}


def lab_gap(desk, spec):
    """Nobody is on call in a v2 schedule from … to … seconds from now."""
    schedule = next(s for s in desk.account.schedules if s.name == spec['schedule'])
    schedule.gaps.append((desk.now() + spec['from'], desk.now() + spec['to']))
    return {'id': schedule.id, 'gaps': len(schedule.gaps)}


def lab_user(desk, spec):
    """One more user: name, and email unless there is none."""
    account = desk.account
    user = User('PU' + pd_shifts.mint(spec['name'], 5), 'user', spec['name'], 'users',
                spec.get('email', ''), 'UTC', 'user', '', [])
    account.users.append(user)
    return {'id': user.id}


def lab_schedules(desk, spec):
    """So many v2 schedules more, each like the first."""
    account, first = desk.account, desk.account.schedules[0]
    for n in range(spec['count']):
        name = f'More {n + 1}'
        account.schedules.append(Schedule(
            'PM' + pd_shifts.mint(name, 5), 'schedule', name, 'schedules', first.users,
            first.start, first.turn, first.time_zone, first.team))
    return {'schedules': len(account.schedules)}


def lab_overrides(desk, _):
    """All overrides there are, of both kinds: schedule, user, start, end."""
    def row(schedule, o, user):
        return {'schedule': schedule.name, 'user': user.name, 'id': o.id,
                'start': iso(o.start), 'end': iso(o.end)}
    return {'overrides': [row(s, o, o.user) for s in desk.account.schedules
                          for o in s.overrides]
            + [row(s, o, o.overriding) for s in desk.account.shift_schedules
               for o in s.overrides]}


def lab_requests(desk, _):
    """What arrived since the last time this was asked, oldest first."""
    seen = list(desk.requests)
    desk.requests.clear()
    return {'requests': seen}


def lab_records(desk, _):
    """All there is, without paging, windows or zones: seconds since 1970."""
    def entry(e):
        return {'type': e.type.removesuffix('_log_entry'), 'at': e.at, 'by': e.agent.name,
                'by_kind': e.agent.kind, 'until': e.extra.get('until')}

    account = desk.account
    return {'now': desk.now(), 'incidents': [
        {'id': i.id, 'number': i.number, 'title': i.title, 'service': i.service.name,
         'status': i.status, 'urgency': i.urgency, 'created': i.created, 'resolved': i.resolved,
         'assigned': [u.name for u, _ in i.assigned], 'acked': [a.name for a, _ in i.acked],
         'policy': i.policy.name, 'level': i.level,
         'escalates': i.escalate_at, 'unacked': i.unack_at, 'resolves': i.resolve_at,
         'notes': [{'by': n['user'].name, 'text': n['text'], 'at': n['at']} for n in i.notes],
         'alerts': [{'key': a.key, 'severity': a.severity, 'details': a.details}
                    for a in i.alerts],
         'log': [entry(e) for e in i.log]} for i in account.incidents.values()],
        'on_call': [{'policy': p.name, 'level': level, 'user': user.name, 'until': end}
                    for p, level, user, _, _, end in View(account, UTC).on_calls(
                        desk.now(), desk.now() + 1)],
        'policies': [{'name': p.name, 'levels': len(p.rules), 'loops': p.loops}
                     for p in account.policies],
        'changes': [{'id': c.id, 'at': c.at, 'summary': c.summary, 'service': c.service.name}
                    for c in account.changes],
        'overrides': [{'id': o.id, 'schedule': s.name, 'user': o.user.name, 'start': o.start,
                       'end': o.end, 'created': o.created}
                      for s in account.schedules for o in s.overrides]}


LAB = {('POST', '/_lab/incidents'): lab_incident, ('POST', '/_lab/status'): lab_status,
       ('POST', '/_lab/faults'): lab_faults, ('POST', '/_lab/clock'): lab_clock, ('POST', '/_lab/log'): lab_log,
       ('POST', '/_lab/responder'): lab_responder, ('POST', '/_lab/bridge'): lab_bridge,
       ('POST', '/_lab/note'): lab_note, ('POST', '/_lab/look'): lab_look,
       ('POST', '/_lab/limit'): lab_limit, ('POST', '/_lab/abilities'): lab_abilities,
       ('POST', '/_lab/gap'): lab_gap, ('POST', '/_lab/user'): lab_user,
       ('POST', '/_lab/schedules'): lab_schedules, ('GET', '/_lab/overrides'): lab_overrides,
       ('GET', '/_lab/requests'): lab_requests, ('GET', '/_lab/records'): lab_records}


# ---- HTTP

class Door(web.Handler):
    desk = None

    def date_time_string(self, timestamp=None):
        if timestamp is None and self.desk.tells_clock:
            timestamp = self.desk.now()
        return super().date_time_string(timestamp)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        raw = self.read_body()
        if url.path.startswith('/_lab/'):
            self.answer(*self.lab(url.path, raw))
            return
        desk = self.desk
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
                desk.let_time_pass()
                status, body, headers = self.respond(url, raw)
        self.record(url, raw, status)
        if fault.get('drop') == 'after':
            self.drop()
            return
        if 'truncate' in fault:
            body = json.dumps(body).encode()[:fault['truncate']]
        self.answer(status, body, headers)
        if 'shift' in fault:
            self.shift(url.path, fault['shift'])

    def shift(self, path, count):
        """Others go on meanwhile: the pages behind move."""
        with self.desk.lock:
            account, now = self.desk.account, self.desk.now()
            incident = account.incident(path.split('/')[2])
            for _ in range(count):
                account.note_down(incident, 'urgency_change', now, account.users[0])

    do_POST = do_PUT = do_DELETE = do_GET

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
            'body': raw.decode('utf-8', 'replace'), 'status': status})

    def lab(self, path, raw):
        verb = LAB.get((self.command, path))
        if verb is None:
            return 404, {'error': 'no such lab path: ' + path}
        with self.desk.lock:
            try:
                return 200, verb(self.desk, json.loads(raw or b'null'))
            except (KeyError, ValueError, TypeError, AttributeError, StopIteration) as error:
                return 400, {'error': f'{type(error).__name__}: {error}'}
            except Refused as refused:
                return refused.status, {'error': refused.message}

    def respond(self, url, raw):
        if url.path in EVENTS:
            if self.command != 'POST':
                return 405, b'', {}
            if len(raw) > MAX_EVENT_BYTES:
                return 413, {'status': 'invalid event', 'message': 'Event is too large'}, {}
            return *EVENTS[url.path](self.desk, raw), {}
        headers = {}
        try:
            key = self.authenticate()
            headers, too_many = self.desk.spend(key['name'])
            if too_many:
                raise Refused(429, 2020, 'Rate Limit Exceeded')
            self.check_types()
            return *self.dispatch(url, raw, key), headers
        except Refused as refused:
            error = {'message': refused.message, 'code': refused.code}
            if refused.errors:
                error['errors'] = refused.errors
            return refused.status, {'error': error}, headers
        except (KeyError, TypeError, ValueError, AttributeError):
            # A body of a shape nobody thought of; the log says where.
            traceback.print_exc()
            return 500, {'error': {'message': 'Internal Server Error', 'code': 2000}}, headers

    def authenticate(self):
        scheme, _, token = self.headers.get('Authorization', '').partition(' ')
        if scheme.lower() == 'token':
            token = token.strip().removeprefix('token=').strip('"')
        for key in self.desk.keys['api']:
            if key['scheme'] == scheme.lower() and secrets.compare_digest(
                    key['token'].encode(), token.strip().encode()):
                return key
        raise Refused(401, 2006, 'Unauthorized')

    def check_types(self):
        accept = self.headers.get('Accept', '').replace(' ', '')
        if VERSION_2 not in accept.split(','):
            raise Refused(406, 2001, 'Invalid Input Provided', [f'Accept must be {VERSION_2}'])
        if self.headers.get_content_type() != 'application/json' or 'Content-Type' not in self.headers:
            raise Refused(415, 2001, 'Invalid Input Provided',
                          ['Content-Type must be application/json'])

    def dispatch(self, url, raw, key):
        known = False
        for method, regex, function, sender in ROUTES:
            match = regex.match(url.path)
            known = known or bool(match)
            if match and method == self.command:
                user = self.sender() if sender else None
                query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
                return function(Request(self.desk, query, raw, key, user), *match.groups())
        raise Refused(405, 2000, 'Method Not Allowed') if known else not_found()

    def sender(self):
        email = self.headers.get('From')
        if not email:
            raise Refused(400, 2016, "You must specify a user's email address in the \"From\" "
                          'header to perform this action')
        for user in self.desk.account.users:
            if user.email == email:
                return user
        raise Refused(400, 1008, 'Requester User Not Found')


def load_keys(folder, account):
    """The keys that open the account, made on first use: files a client can be given."""
    def secret(name, length):
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w') as file:
                file.write(secrets.token_hex(32)[:length] + '\n')
        with open(path) as file:
            return file.read().strip()

    os.makedirs(folder, 0o700, exist_ok=True)
    me = account.users[0]
    return {
        'api': [{'name': name, 'scheme': scheme, 'user': user, 'token': secret(name, 20)}
                for name, scheme, user in (('pagerduty.token', 'token', None),
                                           ('pagerduty-user.token', 'token', me),
                                           ('pagerduty-oauth.token', 'bearer', me))],
        'routing': {s.name: secret(f'routing-{s.name}.key', 32) for s in account.services},
    }


def arguments():
    parser = argparse.ArgumentParser(description='A fake PagerDuty on loopback.')
    parser.add_argument('--port', type=int, required=True, help='0: a free one, see the output')
    parser.add_argument('--lives-with', metavar='DIR', help='end when this folder is gone')
    parser.add_argument('--tls-port', type=int)
    parser.add_argument('--tls', nargs=2, metavar=('CERT', 'KEY'))
    parser.add_argument('--secrets', required=True, metavar='DIR',
                        help='folder of the API and routing keys, filled when empty')
    parser.add_argument('--incidents', type=int, default=60)
    parser.add_argument('--open', type=int, default=5)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--now', help='start the clock at this time, not at the real one')
    parser.add_argument('--state', help='JSON: {"abilities": [...], "incidents": [{...}]}')
    parser.add_argument('--per-minute', type=int, default=960)
    options = parser.parse_args()
    if (options.tls_port is None) != (options.tls is None):
        parser.error('--tls-port and --tls go together')
    return options


def die_with(folder):
    while os.path.isdir(folder):
        time.sleep(1)
    os._exit(0)


def main():
    options = arguments()
    real = time.time()
    now = parse_time(options.now, UTC, 'now') if options.now else int(real)
    account = build(options.seed, options.incidents, options.open, now)
    desk = Desk(account, load_keys(options.secrets, account), now - real if options.now else 0)
    desk.per_minute = options.per_minute
    if options.state:
        with open(options.state) as file:
            state = json.load(file)
        account.abilities = state.get('abilities', account.abilities)
        for spec in state.get('incidents', []):
            lab_incident(desk, spec)
    Door.desk = desk
    servers = [web.Server(options.port, Door)]
    if options.tls:
        servers.append(web.Server(options.tls_port, Door, web.tls_context(*options.tls)))
    port = servers[0].server_address[1]
    print(f'pagerduty: {len(account.incidents)} incidents, port {port}', flush=True)
    if options.lives_with:
        threading.Thread(target=die_with, args=(options.lives_with,), daemon=True).start()
    web.run(servers)


if __name__ == '__main__':
    sys.exit(main())
