"""Check JSON values against an OpenAPI 3 or Swagger 2 file: required, type, enum and time
formats; and requests against a Swagger 2 file: path, query, body.

Null is accepted wherever a property is not required: the published examples do the same.
"""
import datetime
import json
import re
import urllib.parse

TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool,
         'integer': int, 'number': (int, float)}


class Spec:
    def __init__(self, path):
        with open(path) as file:
            self.root = json.load(file)

    def follow(self, node):
        while isinstance(node, dict) and '$ref' in node:
            target = self.root
            for part in node['$ref'][2:].split('/'):
                part = urllib.parse.unquote(part).replace('~1', '/').replace('~0', '~')
                target = target[int(part)] if isinstance(target, list) else target[part]
            node = target
        return node

    def templates(self):
        """The paths, those with the fewest variables first: they fit best."""
        return sorted(self.root['paths'].items(), key=lambda item: item[0].count('{'))

    def answer_problems(self, method, path, status, body):
        """What is wrong with this answer; a path or status the file lacks is a problem too."""
        for template, operations in self.templates():
            pattern = re.sub(r'\{[^}]+\}', '[^/]+', template)
            if re.fullmatch(pattern, path) and method.lower() in operations:
                responses = operations[method.lower()]['responses']
                if str(status) not in responses:
                    return [f'{method} {template} declares no {status}']
                answer = self.follow(responses[str(status)])
                content = answer.get('content', {})
                schema = answer.get('schema') or content.get('application/json', {}).get('schema')
                return list(self.problems(schema, body, '')) if schema else []
        return [f'{method} {path} is not in the file']

    def request_problems(self, method, path, query, body):
        """What a Swagger 2 file has against this request: query is {name: [values]}."""
        for template, operations in self.templates():
            pattern = re.sub(r'\{[^}]+\}', '[^/]+', template)
            if re.fullmatch(pattern, path) and method.lower() in operations:
                declared = operations[method.lower()].get('parameters', [])
                parameters = [self.follow(p) for p in declared]
                return list(self.parameter_problems(parameters, query, body))
        return [f'{method} {path} is not in the file']

    def parameter_problems(self, parameters, query, body):
        known = {p['name']: p for p in parameters if p['in'] == 'query'}
        for name, values in query.items():
            part = known.get(name)
            if part is None:
                yield f'{name} is no query parameter'
            elif len(values) > 1 and part.get('type') != 'array':
                yield f'{name} is given twice'
            elif 'enum' in part and values[0] not in part['enum']:
                yield f'{name}={values[0]} is not one of {part["enum"]}'
            elif part.get('type') == 'integer' and not values[0].isdigit():
                yield f'{name}={values[0]} is not a number'
            elif part.get('type') == 'integer' and not (
                    part.get('minimum', 0) <= int(values[0]) <= part.get('maximum', 10 ** 9)):
                yield f'{name}={values[0]} is out of bounds'
        for part in parameters:
            if part['in'] == 'body' and (body is not None or part.get('required')):
                yield from self.problems(part['schema'], body, 'body')

    def problems(self, schema, value, where):
        schema = self.follow(schema)
        for part in schema.get('allOf', []):
            yield from self.problems(part, value, where)
        for choice in ('oneOf', 'anyOf'):
            tried = [list(self.problems(part, value, where)) for part in schema.get(choice, [])]
            if tried and all(tried):
                yield f'{where}: no {choice} branch fits; {min(tried, key=len)[0]}'
        kind = schema.get('type')
        if kind and (not isinstance(value, TYPES[kind])
                     or kind in ('integer', 'number') and isinstance(value, bool)):
            yield f'{where}: {value!r:.60} is not of type {kind}'
            return
        if 'enum' in schema and value not in schema['enum']:
            yield f'{where}: {value!r:.60} is not one of {schema["enum"]}'
        if schema.get('format') == 'date-time' and isinstance(value, str):
            try:
                datetime.datetime.fromisoformat(value)
            except ValueError:
                yield f'{where}: {value!r:.60} is not a time'
        if isinstance(value, dict):
            yield from self.object_problems(schema, value, where)
        if isinstance(value, list) and 'items' in schema:
            for n, item in enumerate(value):
                yield from self.problems(schema['items'], item, f'{where}/{n}')

    def object_problems(self, schema, value, where):
        required = schema.get('required', [])
        for name in required:
            if name not in value:
                yield f'{where}: {name} is missing'
        for name, part in schema.get('properties', {}).items():
            if name in value and (value[name] is not None or name in required):
                if value[name] is None and self.follow(part).get('nullable'):
                    continue
                yield from self.problems(part, value[name], f'{where}/{name}')
