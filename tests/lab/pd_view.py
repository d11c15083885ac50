"""The account's things as PagerDuty's REST v2 JSON."""
import datetime

from pd_account import HOUR, Schedule, User

UTC = datetime.timezone.utc
OVERVIEW = ('trigger', 'acknowledge', 'unacknowledge', 'escalate', 'resolve', 'annotate',
            'snooze', 'exhaust_escalation_path')
SITE = 'https://lab.pagerduty.example'
API = 'https://api.pagerduty.example'


def iso(at, zone=UTC):
    if at is None:
        return None
    text = datetime.datetime.fromtimestamp(at, zone).isoformat()
    return text.replace('+00:00', 'Z') if zone is UTC else text


class View:
    """Renders in one time zone, with the references named in include[] expanded."""

    def __init__(self, account, zone=UTC, include=()):
        self.account, self.zone, self.include = account, zone, set(include)

    def iso(self, at):
        return iso(at, self.zone)

    def tag(self, thing, type=None):
        return {'id': thing.id, 'type': type or thing.kind, 'summary': thing.name,
                'self': f'{API}/{thing.path}/{thing.id}',
                'html_url': f'{SITE}/{thing.path}/{thing.id}'}

    def ref(self, thing, include=None):
        """A reference; the whole thing when the request included its kind."""
        if thing is None:
            return None
        if include in self.include:
            # One level deep: what is inside is referred to.
            return getattr(View(self.account, self.zone), thing.kind)(thing)
        return self.tag(thing, thing.kind + '_reference')

    def agent(self, who, include=None):
        """Whoever acted: people and services by kind, any integration by one word."""
        if who.kind in ('user', 'service'):
            return self.ref(who, include if who.kind == 'user' else None)
        return self.tag(who, 'integration_reference')

    def refs(self, things, include=None):
        return [self.ref(thing, include) for thing in things]

    # ---- incidents

    def incident(self, incident):
        def moment(pairs, name, include):
            return [{'at': self.iso(at), name: self.agent(who, include)} for who, at in pairs]

        alerts = incident.alerts
        triggered = sum(alert.status == 'triggered' for alert in alerts)
        made = {
            **self.tag(incident),
            'incident_number': incident.number,
            'title': incident.title,
            'description': incident.title,
            'created_at': self.iso(incident.created),
            'updated_at': self.iso(incident.updated),
            'status': incident.status,
            'incident_key': incident.key,
            'service': self.ref(incident.service, 'services'),
            'assignments': moment(incident.assigned, 'assignee', 'assignees'),
            'assigned_via': incident.assigned_via,
            'last_status_change_at': self.iso(incident.changed),
            'last_status_change_by': self.agent(incident.changed_by, 'users'),
            'resolved_at': self.iso(incident.resolved),
            'first_trigger_log_entry': self.first_entry(incident),
            'alert_counts': {'all': len(alerts), 'triggered': triggered,
                             'resolved': len(alerts) - triggered},
            'is_mergeable': True,
            'incident_type': {'name': 'incident_default'},
            'escalation_policy': self.ref(incident.policy, 'escalation_policies'),
            'teams': self.refs([incident.policy.team], 'teams'),
            'pending_actions': self.pending(incident),
            'acknowledgements': moment(incident.acked, 'acknowledger', 'acknowledgers'),
            'alert_grouping': None,
            'priority': self.ref(incident.priority, 'priorities'),
            'resolve_reason': None,
            'urgency': incident.urgency,
        }
        if 'conference_bridge' in self.include:
            made['conference_bridge'] = incident.bridge
        if 'coordinated_responding' in self.account.abilities:
            made['incidents_responders'] = self.everybody(incident)
            made['responder_requests'] = [self.responder_request(incident, request)
                                          for request in incident.requests]
        if incident.merged_into:
            made['resolve_reason'] = {'type': 'merge_resolve_reason',
                                      'incident': self.ref(incident.merged_into)}
        if 'body' in self.include or incident.body:
            made['body'] = {'type': 'incident_body', 'details': incident.body or ''}
        return made

    def pending(self, incident):
        actions = [(at, type) for type, at in (
            ('escalate', incident.escalate_at), ('unacknowledge', incident.unack_at),
            ('resolve', incident.resolve_at)) if at is not None]
        return [{'type': type, 'at': self.iso(at)} for at, type in sorted(actions)]

    def first_entry(self, incident):
        entry = incident.log[0]
        if 'first_trigger_log_entries' in self.include:
            return View(self.account, self.zone).log_entry(incident, entry)
        return self.entry_tag(incident, entry, '_reference')

    def entry_tag(self, incident, entry, suffix=''):
        who = entry.agent.name
        summary = {
            'trigger': f'Triggered through {who}',
            'assign': 'Assigned to {users} by ' + who,
            'escalate': 'Escalated to {users} by ' + who,
            'notify': 'Notified {users}',
            'annotate': f'Note added by {who}',
        }.get(entry.type.removesuffix('_log_entry'),
              f'{entry.type.removesuffix("_log_entry").replace("_", " ").capitalize()} by {who}')
        users = entry.extra.get('assignees') or [entry.extra.get('user')]
        return {'id': entry.id, 'type': entry.type + suffix,
                'summary': summary.format(users=', '.join(u.name for u in users if u)),
                'self': f'{API}/log_entries/{entry.id}?incident_id={incident.id}',
                'html_url': f'{SITE}/incidents/{incident.id}/log_entries/{entry.id}'}

    def log_entry(self, incident, entry):
        kind, extra = entry.type.removesuffix('_log_entry'), entry.extra
        made = {
            **self.entry_tag(incident, entry),
            'created_at': self.iso(entry.at),
            'agent': self.agent(entry.agent, 'agents'),
            'channel': {'type': 'auto' if entry.agent.kind == 'service' else 'api'},
            'service': self.ref(incident.service, 'services'),
            'incident': self.ref(incident, 'incidents'),
            'teams': self.refs([incident.policy.team], 'teams'),
            'contexts': [],
        }
        if kind == 'trigger':
            made['channel'] = {'type': 'api', 'summary': extra['summary']}
            made['event_details'] = {'description': extra['summary']}
        elif kind in ('assign', 'escalate'):
            made['assignees'] = self.refs(extra['assignees'])
        elif kind == 'notify':
            user = extra['user']
            made['user'] = self.ref(user)
            made['channel'] = {'type': 'auto', 'notification': {
                'id': entry.id, 'type': 'push_notification', 'address': user.email,
                'status': 'success', 'started_at': self.iso(entry.at), 'user': self.ref(user)}}
        elif kind == 'annotate':
            made['note'] = extra['note']
            made['channel'] = {'type': 'note', 'summary': extra['note']}
        elif kind == 'status_update':
            made['message'] = extra['message']
        elif kind == 'acknowledge' and extra['acknowledgement_timeout']:
            made['acknowledgement_timeout'] = extra['acknowledgement_timeout']
        elif kind == 'snooze':
            made['changed_actions'] = [{'type': 'unacknowledge', 'at': self.iso(extra['until'])}]
        return made

    def alert(self, incident, alert):
        url = f'incidents/{incident.id}/alerts/{alert.id}'
        return {
            'id': alert.id, 'type': 'alert', 'summary': alert.summary,
            'self': f'{API}/{url}', 'html_url': f'{SITE}/alerts/{alert.id}',
            'created_at': self.iso(alert.at),
            'updated_at': self.iso(alert.resolved or alert.at),
            'resolved_at': self.iso(alert.resolved),
            'status': alert.status, 'alert_key': alert.key, 'severity': alert.severity,
            'suppressed': False,
            'service': self.ref(incident.service, 'services'),
            'incident': self.ref(incident, 'incidents'),
            'first_trigger_log_entry': self.first_entry(incident),
            'integration': self.ref(incident.service.integration),
            'body': {'type': 'alert_body', 'details': alert.details,
                     'contexts': [{'type': 'link', 'href': link.get('href'),
                                   'text': link.get('text')} for link in alert.links]},
        }

    def note(self, note):
        return {'id': note['id'], 'user': self.ref(note['user']), 'content': note['text'],
                'channel': {'summary': 'The PagerDuty website or APIs', 'type': note['channel']},
                'created_at': self.iso(note['at']), 'updated_at': self.iso(note['at'])}

    def everybody(self, incident):
        """Each responder once, as the last request has them."""
        found = {}
        for request in incident.requests:
            for responder in self.responders(incident, request):
                found[responder['user']['id']] = responder
        return list(found.values())

    def responders(self, incident, request):
        def answered(user):
            return incident.answers.get(user.id, ('pending', request['at']))

        return [{'state': answered(user)[0], 'user': self.ref(user),
                 'incident': self.ref(incident),
                 'updated_at': self.iso(answered(user)[1]), 'message': request['message'],
                 'requester': self.ref(request['requester']),
                 'requested_at': self.iso(request['at']),
                 'escalation_policy_requests': [] if isinstance(target, User)
                 else [target.name]}
                for target in request['targets']
                for user in ([target] if isinstance(target, User) else [
                    self.account.on_call(t, request['at']) for t in target.rules[0][1]])]

    def responder_request(self, incident, request):
        targets = [{'responder_request_target': {
            'type': target.kind, 'id': target.id, 'summary': target.name,
            'incidents_responders': self.responders(incident, {**request, 'targets': [target]})}}
            for target in request['targets']]
        return {'id': request['id'], 'incident': self.ref(incident),
                'requester': self.ref(request['requester']), 'message': request['message'],
                'requested_at': self.iso(request['at']), 'responder_request_targets': targets}

    # ---- the directory

    def team(self, team):
        return {**self.tag(team), 'name': team.name, 'description': f'The {team.name} team',
                'default_role': 'manager', 'parent': None}

    def user(self, user):
        return {**self.tag(user), 'name': user.name, 'email': user.email,
                'time_zone': user.time_zone, 'color': 'teal', 'role': user.role,
                'avatar_url': f'{SITE}/avatars/{user.id}.png', 'description': None,
                'invitation_sent': False, 'job_title': user.job_title, 'created_via_sso': False,
                'teams': self.refs(user.teams, 'teams'),
                'contact_methods': [], 'notification_rules': [], 'coordinated_incidents': []}

    def service(self, service):
        theirs = [i for i in self.account.incidents.values() if i.service is service]
        worst = {'triggered': 'critical', 'acknowledged': 'warning', 'resolved': 'active'}
        statuses = {worst[i.status] for i in theirs}
        return {
            **self.tag(service), 'name': service.name, 'description': f'The {service.name} service',
            'auto_resolve_timeout': service.resolve_timeout,
            'acknowledgement_timeout': service.ack_timeout,
            'created_at': self.iso(service.created),
            'status': next((s for s in ('critical', 'warning') if s in statuses), 'active'),
            'last_incident_timestamp': self.iso(max((i.created for i in theirs), default=None)),
            'escalation_policy': self.ref(service.policy, 'escalation_policies'),
            'teams': self.refs([service.team], 'teams'),
            'integrations': self.refs([service.integration]),
            'incident_urgency_rule': {'type': 'constant', 'urgency': service.urgency},
            'support_hours': None, 'scheduled_actions': [], 'addons': [], 'response_play': None,
            'alert_creation': 'create_alerts_and_incidents',
            'alert_grouping_parameters': {'type': None},
        }

    def priority(self, priority):
        return {**self.tag(priority), 'html_url': None, 'name': priority.name,
                'description': f'Priority {priority.name}'}

    def escalation_policy(self, policy):
        account = self.account
        services = [s for s in account.services if s.policy is policy]
        return {
            **self.tag(policy), 'name': policy.name, 'description': None,
            'num_loops': policy.loops, 'on_call_handoff_notifications': 'if_has_services',
            'escalation_rules': [
                {'id': f'{policy.id[:-1]}{n}', 'escalation_delay_in_minutes': delay,
                 'targets': self.refs(targets, 'targets')}
                for n, (delay, targets) in enumerate(policy.rules, 1)],
            'services': self.refs(services, 'services'),
            'teams': self.refs([policy.team], 'teams'),
        }

    def schedule(self, schedule):
        policies = [p for p in self.account.policies
                    if any(schedule in targets for _, targets in p.rules)]
        return {**self.tag(schedule), 'name': schedule.name, 'time_zone': schedule.time_zone,
                'description': f'{schedule.name} rotation',
                'escalation_policies': self.refs(policies), 'users': self.refs(schedule.users),
                'teams': self.refs([schedule.team])}

    def rendered_schedule(self, schedule, since, until, overflow):
        def entries(shifts):
            if not overflow:
                shifts = [(max(s, since), min(e, until), u) for s, e, u in shifts]
            covered = sum(min(e, until) - max(s, since) for s, e, _ in shifts)
            return {'rendered_schedule_entries': [
                {'start': self.iso(s), 'end': self.iso(e), 'user': self.ref(u)}
                for s, e, u in shifts],
                'rendered_coverage_percentage': round(100 * covered / (until - since), 1)}

        over = [(o.start, o.end, o.user) for o in schedule.overrides
                if o.end > since and o.start < until]
        layer = {
            'id': schedule.id[:-1] + '0', 'name': 'Layer 1', 'start': self.iso(schedule.start),
            'end': None, 'rotation_virtual_start': self.iso(schedule.start),
            'rotation_turn_length_seconds': schedule.turn, 'restrictions': [],
            'users': [{'user': self.ref(user)} for user in schedule.users],
            **entries(self.account.shifts(schedule, since, until, overrides=False))}
        return {
            **self.schedule(schedule), 'schedule_layers': [layer],
            'overrides_subschedule': {'name': 'Overrides', **entries(over)},
            'final_schedule': {'name': 'Final Schedule',
                               **entries(self.account.shifts(schedule, since, until))}}

    def override(self, override):
        return {'id': override.id, 'start': self.iso(override.start),
                'end': self.iso(override.end), 'user': self.ref(override.user)}

    def on_calls(self, since, until):
        """(policy, level, user, schedule, start, end), users on call for ever without times."""
        for policy in self.account.policies:
            for level, (_, targets) in enumerate(policy.rules, 1):
                for target in targets:
                    if isinstance(target, Schedule):
                        for start, end, user in self.account.shifts(target, since, until):
                            yield policy, level, user, target, start, end
                    else:
                        yield policy, level, target, None, None, None

    def on_call(self, row):
        policy, level, user, schedule, start, end = row
        return {'escalation_policy': self.ref(policy, 'escalation_policies'),
                'escalation_level': level, 'user': self.ref(user, 'users'),
                'schedule': self.ref(schedule, 'schedules'),
                'start': self.iso(start), 'end': self.iso(end)}

    # ---- changes

    def change(self, change):
        return {'id': change.id, 'type': 'change_event', 'summary': change.summary,
                'self': f'{API}/change_events/{change.id}', 'html_url': None,
                'timestamp': self.iso(change.at), 'source': change.source,
                'services': self.refs([change.service]),
                'integration': self.ref(change.service.integration),
                'links': change.links, 'images': [], 'custom_details': change.details}

    def related_changes(self, incident):
        near = [c for c in self.account.changes
                if incident.created - 24 * HOUR <= c.at <= incident.created]
        own = [c for c in near if c.service is incident.service]
        latest = near[-1:] if near[-1:] != own[-1:] else []
        return ([{**self.change(c), 'correlation_reason': {'reason': 'related_service'}}
                 for c in reversed(own)]
                + [{**self.change(c), 'correlation_reason': {'reason': 'most_recent'}}
                   for c in latest])
