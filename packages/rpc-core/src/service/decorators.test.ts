import { describe, expect, it } from 'vitest'
import { AsterError } from '../aster-error.ts'
import * as t from '../schema/t.ts'
import { classDefinition, rpc, service } from './decorators.ts'
import { defineService, type ServiceOptions } from './define-service.ts'
import { bidiStream, clientStream, serverStream, unary } from './method.ts'
import { allOf, anyOf } from './requirement.ts'

const Point = t.struct('test/Point', { x: t.int })
type Point = t.Infer<typeof Point>

@service({ name: 'Geo', version: 2 })
class Geo {
  @rpc(Point, Point)
  async findNearest(point: Point): Promise<Point> {
    return point
  }
  @serverStream(Point, Point)
  async *watch(point: Point): AsyncGenerator<Point> {
    yield point
  }
  @clientStream(Point, Point, { idempotent: true })
  async upload(points: AsyncIterable<Point>): Promise<Point> {
    for await (const point of points) return point
    return { x: 0 }
  }
  @bidiStream(Point, Point, { wireName: 'talk' })
  async *chat(points: AsyncIterable<Point>): AsyncGenerator<Point> {
    yield* points
  }
  helper(): string {
    return 'no method of the service'
  }
}

describe('@service', () => {
  it('returns the same definition as defineService', () => {
    const same = defineService({
      name: 'Geo',
      version: 2,
      methods: {
        findNearest: unary(Point, Point),
        watch: serverStream(Point, Point),
        upload: clientStream(Point, Point, { idempotent: true }),
        chat: bidiStream(Point, Point, { wireName: 'talk' }),
      },
    })
    expect(classDefinition(Geo)).toEqual(same)
  })

  it('applies the rules of defineService', () => {
    @service({ name: 'Guarded', requires: anyOf('ops', 'dev') })
    class Guarded {
      @rpc(Point, Point, { requires: 'ops' })
      async drop(point: Point): Promise<Point> {
        return point
      }
      @serverStream(Point, Point, { requires: allOf('ops', 'dev') })
      async *watch(point: Point): AsyncGenerator<Point> {
        yield point
      }
    }
    @service({ name: 'More' })
    class More extends Guarded {
      override async drop(point: Point): Promise<Point> {
        return super.drop(point)
      }
    }
    const methods = {
      drop: unary(Point, Point, { requires: 'ops' }),
      watch: serverStream(Point, Point, { requires: allOf('ops', 'dev') }),
    }
    const same = defineService({ name: 'Guarded', requires: anyOf('ops', 'dev'), methods })
    expect(classDefinition(Guarded)).toEqual(same)
    expect(classDefinition(More)?.methods['drop']?.requires).toEqual({ kind: 'role', roles: ['ops'] })
  })

  it('keeps a rule that its options inherit', () => {
    const options = Object.assign(Object.create({ requires: 'ops' }) as ServiceOptions, { name: 'Guarded' })
    @service(options)
    class Guarded {
      @rpc(Point, Point)
      async drop(point: Point): Promise<Point> {
        return point
      }
    }
    expect(classDefinition(Guarded)?.requires).toEqual({ kind: 'role', roles: ['ops'] })
  })

  it('refuses a malformed rule', () => {
    const decorate = (requires: unknown) => () => {
      @service({ name: 'Guarded', requires: requires as string })
      class Guarded {
        @rpc(Point, Point)
        async drop(point: Point): Promise<Point> {
          return point
        }
      }
      return Guarded
    }
    for (const requires of ['', undefined, null, [], ['ops'], { kind: 'anyOf', roles: [] }])
      expect(decorate(requires)).toThrow('service Guarded: expected requires as a role, anyOf(…) or allOf(…), found ')
    expect(() => rpc(Point, Point, { requires: ' ' })).toThrow('unary: expected requires as a role')
  })

  it('includes the methods of a base class', () => {
    @service({ name: 'Special', scope: 'session' })
    class More extends Geo {
      @rpc(Point, Point, { wireName: 'nearest' })
      override async findNearest(point: Point): Promise<Point> {
        return point
      }
      @rpc(Point, Point)
      async extra(point: Point): Promise<Point> {
        return point
      }
    }
    const definition = classDefinition(More)
    expect(definition).toMatchObject({ name: 'Special', scope: 'session', version: 1 })
    expect(
      Object.values(definition?.methods ?? {})
        .map(({ wireName }) => wireName)
        .toSorted(),
    ).toEqual(['extra', 'nearest', 'talk', 'upload', 'watch'])
    expect(classDefinition(Geo)?.methods).not.toHaveProperty('extra')
  })

  it('is not inherited by a class without it', () => {
    class Plain extends Geo {}
    expect(classDefinition(Plain)).toBeUndefined()
    expect(classDefinition(5)).toBeUndefined()
    expect(classDefinition({})).toBeUndefined()
  })

  it('refuses a class without methods, and one without a name', () => {
    expect(() => {
      @service({ name: 'Empty' })
      class Empty {}
      return Empty
    }).toThrow('@service Empty: no method is decorated with @rpc, @serverStream, @clientStream or @bidiStream')
    for (const options of [undefined, {}, { name: '' }, { version: 2 }]) {
      const nameless = (): void => {
        // @ts-expect-error -- the name is required
        @service(options)
        class Geo {
          @rpc(Point, Point)
          async move(point: Point): Promise<Point> {
            return point
          }
        }
        void Geo
      }
      expect(nameless).toThrow(AsterError)
      expect(nameless).toThrow("@service: expected a name, as in @service({ name: 'Geo' })")
    }
  })

  it('refuses to decorate a class without a call', () => {
    expect(() => {
      // @ts-expect-error -- it takes options
      @service
      class Geo {}
      return Geo
    }).toThrow("@service: expected a call with a name, as in @service({ name: 'Hello' })")
  })

  it('mentions experimentalDecorators if the compiler calls it as a legacy decorator', () => {
    const legacyMethod = rpc(Point, Point) as unknown as (target: object, key: string, descriptor: object) => void
    const legacyClass = service({ name: 'Geo' }) as unknown as (target: object) => void
    class Plain {
      async move(point: Point): Promise<Point> {
        return point
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Plain.prototype, 'move') as object
    expect(() => legacyMethod(Plain.prototype, 'move', descriptor)).toThrow(/^@unary: .*remove experimentalDecorators/)
    expect(() => legacyClass(Plain)).toThrow(/^@service: .*remove experimentalDecorators/)
    expect(() => legacyClass(Plain)).toThrow(AsterError)
  })

  it('refuses static and private methods, and symbols', () => {
    const decorate = (context: object) => () =>
      rpc(Point, Point)(async (point) => point, context as ClassMethodDecoratorContext)
    expect(decorate({ static: true, private: false, name: 'a' })).toThrow(
      '@unary: expected a public method with a name, found a',
    )
    expect(decorate({ static: false, private: true, name: '#a' })).toThrow(
      '@unary: expected a public method with a name, found #a',
    )
    expect(decorate({ static: false, private: false, name: Symbol('a') })).toThrow('found Symbol(a)')
  })
})
