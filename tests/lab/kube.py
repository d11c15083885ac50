#!/usr/bin/python3 -B
"""A fake Kubernetes API server, on loopback, from the published API conventions: lists in
pages with tokens that expire, watches with bookmarks that end by themselves, expiry in
both its forms (HTTP 410, and an ERROR event after HTTP 200), Status objects as errors,
rights by resource. Behind it, as little of the controllers as a rollout needs.

    kube.py --port N --secrets DIR       the key is DIR/kube.token

The `/_lab/` paths are for tests: each takes a JSON object, see Lab below.
"""
import argparse
import base64
import datetime
import hashlib
import json
import os
import re
import secrets
import threading
import time
import urllib.parse
import uuid

import web

RESOURCES = {
    ('/apis/apps/v1', 'deployments'): 'Deployment',
    ('/apis/apps/v1', 'replicasets'): 'ReplicaSet',
    ('/apis/apps/v1', 'statefulsets'): 'StatefulSet',
    ('/apis/apps/v1', 'daemonsets'): 'DaemonSet',
    ('/api/v1', 'pods'): 'Pod',
    ('/api/v1', 'nodes'): 'Node',
    ('/api/v1', 'events'): 'Event',
}
PATH = re.compile(r'(/apis/apps/v1|/api/v1)(?:/namespaces/([a-z0-9-]+))?/([a-z]+)$')
TOKEN_LIFE = 300


def iso(at):
    return datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc).strftime(
        '%Y-%m-%dT%H:%M:%SZ')


class Status(Exception):
    def __init__(self, code, reason, message):
        super().__init__(message)
        self.code, self.reason = code, reason

    def object(self):
        return {'kind': 'Status', 'apiVersion': 'v1', 'metadata': {}, 'status': 'Failure',
                'message': str(self), 'reason': self.reason, 'code': self.code}


class Cluster:
    """All objects, and what happened to them since the log was compacted."""

    def __init__(self):
        self.lock = threading.Condition()
        self.version = 1000
        self.oldest = 1000
        self.objects = {}
        self.log = []
        self.forbidden, self.faults, self.tokens = set(), [], {}
        self.bookmarks, self.requests = True, []

    def put(self, kind, obj, event=None):
        meta = obj['metadata']
        key = (kind, meta.get('namespace'), meta['name'])
        self.version += 1
        event = event or ('MODIFIED' if key in self.objects else 'ADDED')
        meta['resourceVersion'] = str(self.version)
        if event == 'DELETED':
            self.objects.pop(key, None)
        else:
            self.objects[key] = obj
        self.log.append((self.version, event, kind, json.dumps(obj)))
        self.lock.notify_all()

    def get(self, kind, namespace, name):
        obj = self.objects.get((kind, namespace, name))
        return json.loads(json.dumps(obj)) if obj else None

    def of(self, kind, namespace, fields):
        rows = [obj for (k, ns, _), obj in sorted(self.objects.items(), key=str)
                if k == kind and (namespace is None or ns == namespace)]
        return [obj for obj in rows if matches(obj, fields)]


def matches(obj, fields):
    for term in filter(None, (fields or '').split(',')):
        name, operator, value = re.fullmatch(r'([\w.]+)(!=|==?)(.*)', term).groups()
        if (str(obj.get(name, '')) == value) == (operator == '!='):
            return False
    return True


def metadata(name, namespace=None, **more):
    meta = {'name': name, 'uid': str(uuid.uuid4()), 'creationTimestamp': iso(time.time())}
    if namespace:
        meta['namespace'] = namespace
    return {**meta, **more}


def template(image, env, restarted=None):
    containers = [{'name': 'app', 'image': image, 'env': [{'name': 'MODE', 'value': env}],
                   'resources': {'limits': {'memory': '256Mi'}}}]
    out = {'metadata': {'labels': {'app': 'it'}}, 'spec': {'containers': containers}}
    if restarted:
        out['metadata']['annotations'] = {'kubectl.kubernetes.io/restartedAt': restarted}
    return out


class Lab:
    """What tests do to the cluster. `ago` is in seconds."""

    def __init__(self, cluster):
        self.cluster = cluster

    def deploy(self, namespace, name, image, replicas=2, env='a', ago=0, restarted=None,
               done=False):
        """A new revision: the Deployment, its ReplicaSet and its pods."""
        at, c = time.time() - ago, self.cluster
        d = c.get('Deployment', namespace, name) or {
            'metadata': metadata(name, namespace, generation=0, annotations={},
                                 creationTimestamp=iso(at)), 'spec': {}, 'status': {}}
        key = 'deployment.kubernetes.io/revision'
        revision = int(d['metadata']['annotations'].get(key, '0')) + 1
        spec = template(image, env, restarted)
        digest = hashlib.sha256(json.dumps(spec).encode()).hexdigest()[:10]
        d['metadata']['generation'] += 1
        d['metadata']['annotations'][key] = str(revision)
        d['spec'] = {'replicas': replicas, 'template': spec}
        d['status'] = {'observedGeneration': d['metadata']['generation'],
                       'replicas': replicas, 'updatedReplicas': 0, 'readyReplicas': replicas,
                       'availableReplicas': replicas, 'conditions': [
                           {'type': 'Progressing', 'status': 'True',
                            'reason': 'ReplicaSetUpdated', 'lastUpdateTime': iso(at)}]}
        old = c.get('ReplicaSet', namespace, f'{name}-{digest}')
        rs = old or {'metadata': metadata(
            f'{name}-{digest}', namespace, annotations={}, creationTimestamp=iso(at),
            ownerReferences=[{'kind': 'Deployment', 'name': name, 'controller': True}]),
            'spec': {'replicas': replicas, 'template': json.loads(json.dumps(spec))}}
        rs['metadata']['annotations'][key] = str(revision)
        c.put('ReplicaSet', rs)
        c.put('Deployment', d)
        for i in range(replicas):
            self.pod(namespace, f'{name}-{digest}-{i}', 'ReplicaSet', f'{name}-{digest}',
                     digest)
        if done:
            self.finish(namespace, name, ago=ago)
        return {'revision': revision, 'replicaset': rs['metadata']['name']}

    def pod(self, namespace, name, kind, owner, digest=None):
        pod = {'metadata': metadata(name, namespace, labels={}, ownerReferences=[
            {'kind': kind, 'name': owner, 'controller': True}]),
            'spec': {'containers': template('x', 'a')['spec']['containers']},
            'status': {'containerStatuses': [{'name': 'app', 'restartCount': 0,
                                              'lastState': {}}]}}
        if digest:
            pod['metadata']['labels']['pod-template-hash'] = digest
        self.cluster.put('Pod', pod)
        return {}

    def finish(self, namespace, name, ago=0):
        d = self.cluster.get('Deployment', namespace, name)
        n = d['spec']['replicas']
        d['status'].update(replicas=n, updatedReplicas=n, readyReplicas=n, availableReplicas=n)
        d['status']['conditions'] = [
            {'type': 'Progressing', 'status': 'True', 'reason': 'NewReplicaSetAvailable',
             'lastUpdateTime': iso(time.time() - ago)}]
        self.cluster.put('Deployment', d)
        return {}

    def stick(self, namespace, name, ready=0):
        d = self.cluster.get('Deployment', namespace, name)
        d['status'].update(updatedReplicas=1, readyReplicas=ready, availableReplicas=ready)
        d['status']['conditions'] = [
            {'type': 'Progressing', 'status': 'False', 'reason': 'ProgressDeadlineExceeded',
             'lastUpdateTime': iso(time.time())}]
        self.cluster.put('Deployment', d)
        return {}

    def scale(self, namespace, name, replicas):
        d = self.cluster.get('Deployment', namespace, name)
        d['spec']['replicas'] = replicas
        d['metadata']['generation'] += 1
        self.cluster.put('Deployment', d)
        return {}

    def stateful(self, namespace, name, image, replicas=2, done=True):
        c = self.cluster
        s = c.get('StatefulSet', namespace, name) or {
            'metadata': metadata(name, namespace, generation=0), 'status': {}}
        s['metadata']['generation'] += 1
        s['spec'] = {'replicas': replicas, 'template': template(image, 'a')}
        old = s['status'].get('updateRevision', f'{name}-0')
        new = f'{name}-{s["metadata"]["generation"]}'
        s['status'] = {'observedGeneration': s['metadata']['generation'],
                       'replicas': replicas, 'readyReplicas': replicas,
                       'currentRevision': new if done else old, 'updateRevision': new}
        c.put('StatefulSet', s)
        return {}

    def end(self, namespace, pod, reason='OOMKilled', code=137, ago=0):
        """A container ends and is started again."""
        p = self.cluster.get('Pod', namespace, pod)
        status = p['status']['containerStatuses'][0]
        status['restartCount'] += 1
        status['lastState'] = {'terminated': {'reason': reason, 'exitCode': code,
                                              'finishedAt': iso(time.time() - ago)}}
        self.cluster.put('Pod', p)
        return {}

    def node(self, name, ready=True, cordoned=False, ago=0):
        n = self.cluster.get('Node', None, name) or {'metadata': metadata(name)}
        n['spec'] = {'unschedulable': True} if cordoned else {}
        n['status'] = {'conditions': [
            {'type': 'Ready', 'status': 'True' if ready else 'Unknown',
             'reason': 'KubeletReady' if ready else 'NodeStatusUnknown',
             'message': 'Kubelet stopped posting node status.' if not ready else '',
             'lastTransitionTime': iso(time.time() - ago)}]}
        self.cluster.put('Node', n)
        return {}

    def event(self, namespace, kind, name, reason, message, type='Warning', count=1, ago=0):
        at = time.time() - ago
        self.cluster.put('Event', {
            'metadata': metadata(f'{name}.{secrets.token_hex(8)}', namespace),
            'involvedObject': {'kind': kind, 'namespace': namespace, 'name': name},
            'reason': reason, 'message': message, 'type': type, 'count': count,
            'firstTimestamp': iso(at), 'lastTimestamp': iso(at)})
        return {}

    def delete(self, kind, namespace, name):
        obj = self.cluster.get(kind, namespace, name)
        if obj:
            self.cluster.put(kind, obj, 'DELETED')
        return {}

    def compact(self):
        """What happened is forgotten: versions and tokens of before have expired."""
        self.cluster.oldest = self.cluster.version
        self.cluster.log, self.cluster.tokens = [], {}
        return {}

    def forbid(self, resources):
        self.cluster.forbidden = set(resources)
        return {}

    def faults(self, faults):
        """[{path, times, status | form: error410|cut|half|garbage|slow, headers, body}]"""
        self.cluster.faults = faults
        return {}

    def seen(self):
        return {'requests': self.cluster.requests}


class Handler(web.Handler):
    cluster = lab = token = None

    def do_POST(self):
        name = self.path.removeprefix('/_lab/')
        body = json.loads(self.read_body() or b'{}')
        with self.cluster.lock:
            try:
                act = getattr(self.lab, name)
                out = act(body) if isinstance(body, list) else act(**body)
            except (AttributeError, TypeError, KeyError) as error:
                self.answer(400, {'error': str(error)})
                return
        self.answer(200, out)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query, True).items()}
        try:
            self.serve(url.path, query)
        except Status as status:
            self.answer(status.code, status.object())

    def serve(self, path, query):
        c = self.cluster
        with c.lock:
            c.requests.append(self.path)
            fault = self.take_fault(self.path)
        if fault and 'status' in fault:
            self.answer(fault['status'], fault.get('body', ''), fault.get('headers', {}))
            return
        if self.headers.get('Authorization') != f'Bearer {self.token}':
            raise Status(401, 'Unauthorized', 'Unauthorized')
        parts = PATH.match(path)
        kind = parts and RESOURCES.get((parts[1], parts[3]))
        if not kind:
            raise Status(404, 'NotFound', 'the server could not find the requested resource')
        if parts[3] in c.forbidden:
            raise Status(403, 'Forbidden', f'{parts[3]} is forbidden: User "lab" cannot '
                         f'list resource "{parts[3]}" at the cluster scope')
        if query.get('watch') in ('1', 'true'):
            self.watch(kind, parts[2], query, fault or {})
        else:
            self.list(kind, parts[1], parts[2], query, fault or {})

    def take_fault(self, path):
        for fault in self.cluster.faults:
            if fault.get('path', '') in path:
                fault['times'] = fault.get('times', 1) - 1
                if fault['times'] <= 0:
                    self.cluster.faults.remove(fault)
                return fault
        return None

    def list(self, kind, group, namespace, query, fault):
        c, limit = self.cluster, int(query.get('limit', '0'))
        with c.lock:
            if 'continue' in query:
                held = c.tokens.get(query['continue'])
                if not held or held['until'] < time.time():
                    raise Status(410, 'Expired', 'The provided continue parameter is too old')
                rows, version = held['rows'], held['version']
            else:
                rows = json.loads(json.dumps(c.of(kind, namespace,
                                                  query.get('fieldSelector'))))
                version = str(c.version)
            meta = {'resourceVersion': version}
            if limit and len(rows) > limit:
                token = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode()
                c.tokens[token] = {'rows': rows[limit:], 'version': version,
                                   'until': time.time() + TOKEN_LIFE}
                meta['continue'], rows = token, rows[:limit]
        body = json.dumps({'kind': kind + 'List', 'apiVersion': group[6:] or 'v1',
                           'metadata': meta, 'items': rows or None}).encode()
        if fault.get('form') == 'cut':
            body = body[:len(body) // 2]
        if fault.get('form') == 'garbage':
            body = b'<html>hello</html>'
        self.answer(200, body)

    def line(self, event, obj):
        body = json.dumps({'type': event, 'object': obj}).encode() + b'\n'
        self.wfile.write(b'%x\r\n%s\r\n' % (len(body), body))
        self.wfile.flush()

    def watch(self, kind, namespace, query, fault):
        c = self.cluster
        version = int(query['resourceVersion'])
        expired = Status(410, 'Expired', f'too old resource version: {version} ({c.oldest})')
        if version < c.oldest and fault.get('form') != 'error410':
            raise expired
        end = time.time() + int(query.get('timeoutSeconds', '1800'))
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        if fault.get('form') == 'error410':
            self.line('ERROR', expired.object())
            self.wfile.write(b'0\r\n\r\n')
            return
        while time.time() < end:
            with c.lock:
                c.lock.wait_for(lambda: c.version > version, max(0, end - time.time()))
                news = [row for row in c.log if row[0] > version]
                latest = c.version
            for at, event, what, text in news:
                obj = json.loads(text)
                if what != kind or namespace not in (None, obj['metadata'].get('namespace')) \
                        or not matches(obj, query.get('fieldSelector')):
                    continue
                if fault.get('form') == 'half':
                    body = json.dumps({'type': event, 'object': obj}).encode()
                    body = body[:len(body) // 2]
                    self.wfile.write(b'%x\r\n%s\r\n' % (len(body), body))
                    self.wfile.write(b'0\r\n\r\n')
                    return
                self.line(event, obj)
            version = latest
        if c.bookmarks and query.get('allowWatchBookmarks') == 'true':
            self.line('BOOKMARK', {'kind': kind, 'metadata': {'resourceVersion': str(version)}})
        self.wfile.write(b'0\r\n\r\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--secrets', required=True)
    args = parser.parse_args()
    os.makedirs(args.secrets, 0o700, exist_ok=True)
    path = os.path.join(args.secrets, 'kube.token')
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        file.write(secrets.token_urlsafe(24) + '\n')
    with open(path) as file:
        Handler.token = file.read().strip()
    Handler.cluster = Cluster()
    Handler.lab = Lab(Handler.cluster)
    web.run([web.Server(args.port, Handler)])


if __name__ == '__main__':
    main()
