import { join } from 'node:path';

/** Where things lie in the home of a local network. */
export interface NetworkLayout {
  readonly home: string;
  readonly record: string;
  readonly genesis: string;
  readonly password: string;
  readonly supervisorPid: string;
  readonly supervisorLog: string;
  account(name: string): string;
  validator(index: number): NodeLayout;
  readonly platform: NodeLayout;
}

/** Where things lie in the home of one node. */
export interface NodeLayout {
  readonly name: string;
  readonly home: string;
  readonly configuration: string;
  readonly pid: string;
  readonly consensusKey: string;
  readonly operatorKey: string;
  readonly transportKey: string;
}

export function networkLayout(home: string): NetworkLayout {
  return {
    home,
    record: join(home, 'network.json'),
    genesis: join(home, 'genesis.json'),
    password: join(home, 'password'),
    supervisorPid: join(home, 'supervisor.pid'),
    supervisorLog: join(home, 'supervisor.log'),
    account: (name) => join(home, 'accounts', `${name}.json`),
    validator: (index) => nodeLayout(join(home, 'validators', String(index)), `validator-${index}`),
    platform: nodeLayout(join(home, 'platform'), 'platform'),
  };
}

export function nodeLayout(home: string, name: string): NodeLayout {
  return {
    name,
    home,
    configuration: join(home, 'node0.yaml'),
    pid: join(home, 'pid'),
    consensusKey: join(home, 'keys', 'consensus.json'),
    operatorKey: join(home, 'keys', 'operator.json'),
    transportKey: join(home, 'keys', 'transport.json'),
  };
}
