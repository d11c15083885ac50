"""An Opsgenie account, which Jira Service Management Operations holds too: alerts, who is
on call, and the requests that wait to be carried out.

No I/O. Times are epoch seconds. What a client asks for is accepted at once and happens
later; until then the request is first unknown, then pending.
"""
import hashlib
import random
import re
import uuid
from dataclasses import dataclass, field

PRIORITIES = ('P1', 'P2', 'P3', 'P4', 'P5')
ME = 'ana@lab.example'
MINUTE, HOUR, DAY = 60, 3600, 86400


class Refused(Exception):
    """A request the account turns down: HTTP status and a sentence."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


@dataclass
class User:
    id: str                     # as Opsgenie has it
    account: str                # as Jira has it
    username: str
    name: str


@dataclass
class Team:
    id: str
    name: str


@dataclass
class Override:
    alias: str
    user: User
    start: float
    end: float


@dataclass
class Schedule:
    id: str
    name: str
    users: list
    turn: int
    team: Team
    enabled: bool = True
    overrides: list = field(default_factory=list)   # the last one made wins

    def on_call(self, at):
        for o in reversed(self.overrides):
            if o.start <= at < o.end:
                return [o.user]
        return [self.users[int(at) // self.turn % len(self.users)]] if self.users else []

    def shifts(self, since, until):
        """(start, end, users, kind) in that span."""
        edges = {since, until} | {
            at for o in self.overrides for at in (o.start, o.end) if since < at < until}
        first = int(since) // self.turn * self.turn
        edges |= {at for at in range(first, int(until) + 1, self.turn) if since < at < until}
        edges = sorted(edges)
        for start, end in zip(edges, edges[1:]):
            kind = 'override' if any(o.start <= start < o.end for o in self.overrides) \
                else 'default'
            users = self.on_call(start)
            if users:
                yield start, end, users, kind


@dataclass
class Alert:
    id: str
    tiny: str
    message: str
    alias: str
    created: float
    priority: str
    source: str
    team: Team
    tags: list
    integration: tuple          # name, type
    status: str = 'open'
    acknowledged: bool = False
    acked_by: User = None
    acked_at: float = None
    owner: User = None
    snoozed_until: float = None
    updated: float = 0
    last: float = 0
    count: int = 1
    closed_at: float = None
    closed_by: str = None       # a username, or what else did it
    escalated: list = field(default_factory=list)
    responders: list = field(default_factory=list)  # (type, User or Team)
    notes: list = field(default_factory=list)   # (id, text, who, at)
    logs: list = field(default_factory=list)    # (key, text, who, at)

    def log(self, text, who, at):
        self.logs.append((f'{int(at * 1000)}_{len(self.logs):04d}', text, who, at))


@dataclass
class Pending:
    id: str
    action: str
    alert: str
    seen_at: float              # before, the request is unknown
    due: float
    run: object
    status: str = None
    success: bool = None


class Account:
    def __init__(self, seed, now):
        self.random = random.Random(seed)
        self.seed, self.made = seed, 0
        self.alerts, self.requests = {}, {}
        self.lag = {'missing': 0.2, 'pending': 0.2}
        self.refusals = []      # status texts of the next requests that fail
        self.users = [User(self.new_uuid(), f'712020:{self.new_uuid()}', f'{n}@lab.example', full)
                      for n, full in (('ana', 'Ana Ruiz'), ('ben', 'Ben Okafor'),
                                      ('chi', 'Chi Tran'), ('dee', 'Dee Larsen'))]
        self.teams = [Team(self.new_uuid(), name) for name in ('Platform', 'Payments')]
        self.escalations = {self.new_uuid(): 'Platform_escalation'}
        self.schedules = [
            Schedule(self.new_uuid(), 'Platform_schedule', self.users[:2], 7 * DAY, self.teams[0]),
            Schedule(self.new_uuid(), 'Payments_schedule', self.users[2:], DAY, self.teams[1]),
            Schedule(self.new_uuid(), 'Old_schedule', self.users[:1], DAY, self.teams[1], False),
            Schedule(self.new_uuid(), 'Empty_schedule', [], DAY, self.teams[1])]
        self.now = now

    def new_uuid(self):
        self.made += 1
        digest = hashlib.sha256(f'{self.seed}/{self.made}'.encode()).hexdigest()
        return str(uuid.UUID(digest[:32]))

    def user(self, word):
        """By id, account id or username."""
        for user in self.users:
            if word in (user.id, user.account, user.username):
                return user
        return None

    def create(self, message, at, priority='P3', alias=None, source='lab', team=0, tags=()):
        id = f'{self.new_uuid()}-{int(at * 1000)}'
        for alert in self.alerts.values():
            if alias and alert.alias == alias and alert.status == 'open':
                alert.count += 1
                alert.last = alert.updated = at
                return alert
        alert = Alert(id, str(len(self.alerts) + 1), message[:130], alias or id, at, priority,
                      source, self.teams[team % len(self.teams)], list(tags),
                      ('Prometheus', 'Prometheus'), updated=at, last=at)
        alert.responders.append(('team', alert.team))
        self.alerts[id] = alert
        alert.log('Alert created via API[Prometheus]', 'Alert API', at)
        alert.log(f'Sent [Notification] to {self.users[0].username}', 'System', at + 2)
        return alert

    def live_through(self, rng, at, now):
        """One that began then and is over by now, or not."""
        kind = rng.choice(('disk of db-{} is full', 'queue mail-{} is long', 'node-{} is down'))
        alert = self.create(kind.format(rng.randint(1, 30)), at, rng.choice(PRIORITIES),
                            team=rng.randint(0, 1), source=f'host-{rng.randint(1, 7)}')
        user = rng.choice(self.users)
        if rng.random() < 0.7:
            self.acknowledge(alert, min(at + rng.randint(20, 1800), now), user)
            alert.updated = alert.acked_at
        if rng.random() < 0.97:
            end = min(max(at, alert.acked_at or at) + rng.randint(30, 7200), now)
            self.close(alert, end, user if rng.random() < 0.6 else None)
            alert.updated = end
        return alert

    def schedule(self, id):
        for schedule in self.schedules:
            if schedule.id == id:
                return schedule
        raise Refused(404, f'No schedule exists with id [{id}]')

    def override(self, schedule, alias):
        for override in schedule.overrides:
            if override.alias == alias:
                return override
        raise Refused(404, f'No override exists with alias [{alias}]')

    def make_override(self, schedule, alias, user, start, end):
        if user is None:
            raise Refused(422, 'No user exists with given identifier')
        if end <= start or end <= self.now():
            raise Refused(422, 'endDate should be later than startDate and now')
        if any(o.alias == alias for o in schedule.overrides):
            raise Refused(409, f'Override with alias [{alias}] already exists')
        made = Override(alias or self.new_uuid(), user, start, end)
        schedule.overrides.append(made)
        return made

    def find(self, id, kind='id'):
        key = {'id': lambda a: a.id, 'tiny': lambda a: a.tiny, 'alias': lambda a: a.alias}[kind]
        for alert in self.alerts.values():
            if key(alert) == id:
                return alert
        raise Refused(404, f'Alert with id [{id}] does not exist')

    # ---- what is asked for happens later

    def accept(self, action, alert_id, run):
        now = self.now()
        seen = now + self.lag['missing']
        pending = Pending(str(uuid.uuid4()), action, alert_id, seen,
                          seen + self.lag['pending'], run)
        if self.refusals:
            text = self.refusals.pop(0)
            pending.run = lambda alert, at: (_ for _ in ()).throw(Refused(422, text))
        self.requests[pending.id] = pending
        return pending.id

    def let_time_pass(self):
        now = self.now()
        for alert in self.alerts.values():
            if alert.snoozed_until and alert.snoozed_until <= now:
                alert.snoozed_until = None
        for pending in sorted(self.requests.values(), key=lambda p: p.due):
            if pending.success is None and pending.due <= now:
                self.carry_out(pending)

    def carry_out(self, pending):
        alert = self.alerts.get(pending.alert)
        try:
            if alert is None:
                raise Refused(404, 'Alert does not exist')
            pending.status = pending.run(alert, pending.due)
            alert.updated = pending.due
            pending.success = True
        except Refused as refused:
            pending.status, pending.success = refused.message, False

    # ---- the verbs; each says how it went

    @staticmethod
    def must_be_open(alert):
        if alert.status != 'open':
            raise Refused(422, 'Alert is already closed')

    def acknowledge(self, alert, at, user):
        self.must_be_open(alert)
        if alert.acknowledged:
            raise Refused(422, 'Alert is already acknowledged')
        alert.acknowledged, alert.acked_by, alert.acked_at = True, user, at
        alert.owner = alert.owner or user
        alert.log('Alert acknowledged via web', user.username, at)
        return 'Alert acknowledged'

    def unacknowledge(self, alert, at, user):
        self.must_be_open(alert)
        alert.acknowledged, alert.acked_by, alert.acked_at = False, None, None
        alert.log('Alert unacknowledged via web', user.username, at)
        return 'Alert unacknowledged'

    def close(self, alert, at, user):
        self.must_be_open(alert)
        alert.status, alert.closed_at = 'closed', at
        alert.closed_by = user.username if user else 'System'
        alert.log('Alert closed via web', alert.closed_by, at)
        return 'Alert closed'

    def snooze(self, alert, at, until, by=ME):
        self.must_be_open(alert)
        alert.snoozed_until = until if until > at else None
        alert.log('Snoozed until later', by, at)
        return 'Alert snoozed'

    def assign(self, alert, at, user):
        self.must_be_open(alert)
        if user is None:
            raise Refused(422, 'User does not exist')
        alert.owner = user
        alert.log(f'Assigned to {user.username}', ME, at)
        return 'Alert assigned'

    def ask(self, alert, at, kind, whom, by=ME):
        """Somebody more is to respond; who is asked already is asked again."""
        self.must_be_open(alert)
        if whom is None:
            raise Refused(422, f'{kind.capitalize()} does not exist')
        if (kind, whom) not in alert.responders:
            alert.responders.append((kind, whom))
        name = whom.username if kind == 'user' else whom.name
        alert.log(f'Added responder {name}', by, at)
        alert.log(f'Sent [Notification] to {name}', 'System', at)
        return 'Responder added'

    def escalate(self, alert, at, escalation):
        self.must_be_open(alert)
        if escalation not in self.escalations:
            raise Refused(422, 'Escalation does not exist')
        alert.escalated.append((escalation, at))
        return 'Escalated to next'

    def annotate(self, alert, at, text, who):
        alert.notes.append((f'{int(at * 1000)}{len(alert.notes):04d}', text, who, at))
        alert.log(f'Added note [{text}]', who, at)
        return 'Note added'

    def prioritise(self, alert, at, priority):
        self.must_be_open(alert)
        alert.priority = priority
        return 'Priority updated'


# ---- the search language, as much of it as clients here use

TOKEN = re.compile(r'\s*(\(|\)|"[^"]*"|[^\s()"]+)')


def search(text):
    """A predicate over alerts; Refused when the query cannot be read."""
    tokens = TOKEN.findall(text or '')
    if not tokens:
        return lambda alert: True
    check, rest = any_of(tokens)
    if rest:
        raise Refused(422, f'Query is not valid near [{rest[0]}]')
    return check


def a_ms(at):
    return round(at * 1000)


def any_of(tokens):
    check, rest = all_of(tokens)
    while rest and rest[0] == 'OR':
        one, (other, rest) = check, all_of(rest[1:])
        check = lambda a, one=one, other=other: one(a) or other(a)
    return check, rest


def all_of(tokens):
    check, rest = one_of(tokens)
    while rest and rest[0] == 'AND':
        one, (other, rest) = check, one_of(rest[1:])
        check = lambda a, one=one, other=other: one(a) and other(a)
    return check, rest


def one_of(tokens):
    if not tokens or tokens[0] in (')', 'AND', 'OR'):
        raise Refused(422, 'Query is not valid')
    if tokens[0] == 'NOT':
        check, rest = one_of(tokens[1:])
        return (lambda a: not check(a)), rest
    if tokens[0] == '(':
        check, rest = any_of(tokens[1:])
        if not rest or rest[0] != ')':
            raise Refused(422, 'Query is not valid: a bracket is not closed')
        return check, rest[1:]
    name, colon, value = tokens[0].partition(':')
    rest = tokens[1:]
    if colon and not value and rest:
        value, rest = rest[0], rest[1:]
    value = value.strip('"')
    reads = {'status': lambda a: [a.status], 'priority': lambda a: [a.priority],
             'tag': lambda a: a.tags, 'source': lambda a: [a.source],
             'acknowledged': lambda a: [str(a.acknowledged).lower()],
             'teams': lambda a: [a.team.name], 'alias': lambda a: [a.alias]}
    moment = re.fullmatch(r'(createdAt|updatedAt|lastOccurredAt)(<=|>=|<|>|:)(\d+)', tokens[0])
    if moment:
        of = {'createdAt': lambda a: a.created, 'updatedAt': lambda a: a.updated,
              'lastOccurredAt': lambda a: a.last}[moment[1]]
        told = {'<': lambda x, y: x < y, '<=': lambda x, y: x <= y, '>': lambda x, y: x > y,
                '>=': lambda x, y: x >= y, ':': lambda x, y: x == y}[moment[2]]
        at = int(moment[3])
        return (lambda a: told(int(a_ms(of(a))), at)), rest
    if not colon or name not in reads:
        raise Refused(422, f'Query field [{name}] is not valid')
    return (lambda a: value in reads[name](a)), rest


# ---- what is in it

def build(seed, now, count):
    account = Account(seed, now)
    texts = ('disk of db-{} is {}% full', 'queue mail-{} has {} jobs', 'node-{} lost {} packets',
             'checkout-{} answers in {} ms')
    for n in range(count):
        rng = account.random
        account.create(texts[n % 4].format(rng.randint(1, 40), rng.randint(60, 990)),
                       now() - rng.randint(60, 2 * DAY), rng.choice(PRIORITIES), team=n,
                       alias=f'lab-{n}', source=f'host-{n % 7}',
                       tags=('lab', f'service:{("db", "mail", "net", "shop")[n % 4]}'))
    return account
