"""What the fake PagerDuty account holds: the same for the same seed and moment."""
import random

import pd_shifts
from pd_account import (
    DAY, HOUR, MINUTE, Account, Change, Policy, Schedule, Service, Thing, User)

TEAMS = ('payments', 'orders', 'platform')
USERS = (
    ('Ana Ruiz', 'Europe/Madrid', 'admin', 'Site reliability engineer', ('payments', 'orders')),
    ('Ben Okafor', 'Africa/Lagos', 'user', 'Backend engineer', ('payments', 'platform')),
    ('Chen Wei', 'Asia/Singapore', 'user', 'Payments lead', ('payments',)),
    ('Dara Singh', 'Asia/Kolkata', 'limited_user', 'Database engineer', ('orders',)),
    ('Eli Novák', 'Europe/Prague', 'user', 'Platform engineer', ('orders', 'platform')),
    ('Fay Moreau', 'America/Montreal', 'owner', 'Head of operations', ('platform',)),
)
# name, turn in seconds, users in order (the first is on call at the start), team
SCHEDULES = (
    ('Payments primary', 7 * DAY, 'abc', 'payments'),
    ('Orders primary', 7 * DAY, 'dae', 'orders'),
    ('Platform follow the sun', 8 * HOUR, 'fbe', 'platform'),
)
# name, team, repeats, rules: (minutes, targets; 0..2 a schedule, a letter a user)
POLICIES = (
    ('Payments', 'payments', 2, ((10, '0'), (15, 'b'), (30, 'cf'))),
    ('Orders', 'orders', 1, ((10, '1'), (20, 'ae'))),
    ('Platform', 'platform', 0, ((15, '2'), (30, 'f'))),
)
# name, policy, urgency, acknowledgement and resolve timeouts (None is off)
SERVICES = (
    ('payments-api', 0, 'severity_based', 30 * MINUTE, 24 * HOUR),
    ('checkout', 0, 'severity_based', 30 * MINUTE, 24 * HOUR),
    ('orders-db', 1, 'severity_based', 30 * MINUTE, None),
    ('cart', 1, 'severity_based', 60 * MINUTE, 24 * HOUR),
    ('search', 2, 'high', 60 * MINUTE, 24 * HOUR),
    ('platform', 2, 'severity_based', None, None),
    ('legacy-batch', 2, 'low', None, None),
)
PRIORITIES = (
    ('P1', 'Critical: customers cannot pay'),
    ('P2', 'Major: many customers notice'),
    ('P3', 'Minor: some customers notice'),
    ('P4', 'Low: nobody notices yet'),
    ('P5', 'Cosmetic'),
)
ABILITIES = ['teams', 'urgencies', 'service_support_hours', 'coordinated_responding',
             'event_intelligence', 'read_only_users']
TITLES = {
    'payments-api': ('HTTP 5xx above 1 %', 'p99 latency above 300 ms', 'Card provider timing out'),
    'checkout': ('p99 latency above 300 ms', 'Checkout conversion dropped', 'Pods restarting'),
    'orders-db': ('Replication lag above 30 s', 'CPU above 90 %', 'Disk /var full in 3 h'),
    'cart': ('Queue backlog above 1000', 'Redis memory above 90 %', 'HTTP 5xx above 1 %'),
    'search': ('Index older than 1 h', 'p99 latency above 300 ms', 'Heap above 90 %'),
    'platform': ('Node not ready', 'Certificate expires in 6 days', 'Disk / above 90 %'),
    'legacy-batch': ('Nightly batch late', 'Report e-mail bounced'),
}
NOTES = (
    'Looks like the deploy of an hour ago. Rolling back.',
    'Provider confirms an outage on their side, ETA 20 minutes.',
    'Killed the longest query; lag is going down.',
    'False alarm: the threshold is too tight, will tune it tomorrow.',
    'Escalated to the database team. Runbook step 3 did not help.',
)
# age, service, title index, severity, priority index, what happened (minutes later)
OPEN = (
    (4 * MINUTE, 'payments-api', 0, 'critical', 0, ()),
    (13 * MINUTE, 'orders-db', 0, 'critical', 1, ()),
    (25 * MINUTE, 'checkout', 0, 'error', 2, (('ack', 3), ('note', 5))),
    (95 * MINUTE, 'search', 1, 'warning', None, (('ack', 4), ('snooze', 6))),
    (5 * HOUR, 'legacy-batch', 0, 'warning', 3, ()),
)
HISTORY = 150 * DAY


def build(seed, incidents, open_incidents, now):
    """An account with so many incidents, the last of them open, as of `now`."""
    account = Account(seed)
    directory(account, now)
    chance = random.Random(seed)
    settled = max(incidents - open_incidents, 0)
    moments = sorted(now - 7 * HOUR - int(chance.random() * HISTORY) for _ in range(settled))
    for at in moments:
        past_incident(account, chance, at, now)
    still_open = [OPEN[n % len(OPEN)] for n in range(min(open_incidents, incidents))]
    for row in sorted(still_open, reverse=True, key=lambda row: row[0]):
        open_incident(account, row, now)
    for n in range(40):
        deploy(account, chance, now - 20 * MINUTE - int(chance.random() ** 2 * 30 * DAY), n)
    deploy(account, chance, now - 5 * MINUTE, 40, account.services[0])
    account.changes.sort(key=lambda change: change.at)
    return account


def directory(account, now):
    def thing(kind, name, path):
        return Thing(account.new_id('P', 7), kind, name, path)

    born = now - 400 * DAY
    account.abilities = list(ABILITIES)
    account.priorities = [thing('priority', name, 'priorities') for name, _ in PRIORITIES]
    account.teams = [thing('team', name, 'teams') for name in TEAMS]
    team = {t.name: t for t in account.teams}
    for name, zone, role, job, teams in USERS:
        email = name.split()[0].lower() + '@lab.example'
        account.users.append(User(account.new_id('P', 7), 'user', name, 'users', email, zone,
                                  role, job, [team[t] for t in teams]))
    user = {u.name[0].lower(): u for u in account.users}
    monday = now - (now // DAY + 3) % 7 * DAY - now % DAY
    for name, turn, order, owner in SCHEDULES:
        start = monday if turn == 7 * DAY else now - now % turn
        account.schedules.append(Schedule(
            account.new_id('P', 7), 'schedule', name, 'schedules', [user[c] for c in order],
            start - 60 * len(order) * turn, turn, 'Etc/UTC', team[owner]))
    account.shift_schedules.append(pd_shifts.schedule_named(
        account, 'Data shifts', team['platform'], monday - 28 * DAY + 6 * HOUR))
    for name, owner, loops, rules in POLICIES:
        account.policies.append(Policy(
            account.new_id('P', 7), 'escalation_policy', name, 'escalation_policies',
            [(delay, [account.schedules[int(c)] if c.isdigit() else user[c] for c in targets])
             for delay, targets in rules], loops, team[owner]))
    for name, policy, urgency, ack, resolve in SERVICES:
        account.services.append(Service(
            account.new_id('P', 7), 'service', name, 'services', account.policies[policy],
            account.policies[policy].team, urgency, ack, resolve,
            thing('events_api_v2_inbound_integration', 'Prometheus', 'integrations'), born))


def service_named(account, name):
    return next(s for s in account.services if s.name == name)


def past_incident(account, chance, at, now):
    service = chance.choice(account.services)
    title = chance.choice(TITLES[service.name])
    severity = chance.choice(('critical', 'critical', 'error', 'warning'))
    incident = account.trigger(service, title, at, severity=severity, details=details(service),
                               priority=chance.choice(account.priorities + [None]))
    when = at
    if chance.random() < 0.85:
        when += int(chance.expovariate(1 / (6 * MINUTE))) + 20
        account.run_due(incident, when)
        if not incident.open:
            return
        who = incident.assigned[0][0]
        account.acknowledge(incident, who, when)
        if chance.random() < 0.5:
            when += int(chance.random() * 10 * MINUTE) + 10
            account.run_due(incident, when)
            account.annotate(incident, who, chance.choice(NOTES), when, 'web')
        agent = who
    else:
        agent = service.integration
    when = min(when + int(chance.expovariate(1 / (25 * MINUTE))) + 30, now - HOUR)
    account.run_due(incident, when)
    if incident.open:
        account.resolve(incident, agent, when)


def open_incident(account, row, now):
    age, name, title, severity, priority, story = row
    service = service_named(account, name)
    at = now - age
    incident = account.trigger(
        service, TITLES[name][title], at, severity=severity, details=details(service),
        priority=None if priority is None else account.priorities[priority])
    for what, minutes in story:
        when = at + minutes * MINUTE
        who = incident.assigned[0][0]
        if what == 'ack':
            account.acknowledge(incident, who, when)
        elif what == 'note':
            account.annotate(incident, who, NOTES[0], when, 'web')
        else:
            account.snooze(incident, who, 4 * HOUR, when)
    account.run_due(incident, now)


def details(service):
    return {'environment': 'prod', 'service': service.name, 'num_firing': '1',
            'runbook_url': f'https://runbooks.lab.example/{service.name}'}


def deploy(account, chance, at, n, service=None):
    service = service or chance.choice(account.services)
    version = f'3.{n // 4}.{n % 4}'
    account.changes.append(Change(
        account.new_id('0', 26), at, f'Deploy {service.name} {version}', 'ci', service,
        {'version': version, 'build_state': 'passed', 'by': 'ci'},
        [{'href': f'https://ci.lab.example/build/{n}', 'text': 'Build'}]))
