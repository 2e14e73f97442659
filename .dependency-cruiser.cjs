/*
 * The arrows of the house: what may import what. docs/architecture.md draws them. Types count as much as values.
 */
const rooms = '^(?:linux|varlink|common|interfaces|service|client|tools)/';

/** The floors of the service, the highest first: each imports what is on its own floor or below. */
const floors = [
  ['main', 'daemon'],
  ['api'],
  ['transfers'],
  ['processes'],
  ['sandbox'],
  ['http', 'verify', 'images'],
  ['formats'],
];

const inService = (names) => `^service/(?:${names.join('|')})(?:/|\\.ts$)`;

function rule(name, from, to) {
  return { name, severity: 'error', from: { path: from }, to: { path: to } };
}

/** Nothing on a floor imports from a floor above it. */
const downwards = floors.flatMap((floor, index) => {
  const above = floors.slice(0, index).flat();
  return above.length === 0 ? [] : [rule(`no way up from ${floor.join(', ')}`, inService(floor), inService(above))];
});

/** http, verify and images know nothing of each other. */
const strangers = ['http', 'verify', 'images'].map((room) =>
  rule(
    `${room} stands alone`,
    inService([room]),
    inService(['http', 'verify', 'images'].filter((other) => other !== room)),
  ),
);

module.exports = {
  forbidden: [
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    rule('linux imports nothing', '^linux/', '^(?!linux/)(?:varlink|common|interfaces|service|client)/'),
    rule('varlink imports linux alone', '^varlink/', '^(?:common|interfaces|service|client)/'),
    rule('interfaces import the library alone', '^interfaces/', '^(?:linux|common|service|client)/'),
    rule('common is below client and service', '^common/', '^(?:interfaces|service|client)/'),
    rule('client and service do not meet', '^client/', '^service/'),
    rule('service and client do not meet', '^service/', '^client/'),
    ...downwards,
    ...strangers,
  ],
  options: {
    includeOnly: rooms,
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
