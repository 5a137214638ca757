//! The workflows of the kill test: every mode, forks, loops, retries and compensation.

/// Runs to its end unless the world is in the way: keyed, unkeyed and repeatable steps, a loop, a fork.
pub(crate) const MIXED: &str = r#"
document: { dsl: '1.0.3', namespace: kill, name: mixed, version: '1.0.0' }
do:
  - reserve:
      call: http
      with:
        method: post
        endpoint: ${ $workflow.input.effects + "/" + $workflow.input.keyed }
        headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: exactly_once_with_key }
        body: { n: '${ $workflow.input.n }' }
      metadata: { effect: { mode: exactly_once_with_key } }
  - patient:
      try:
        - each:
            for: { each: item, at: index, in: '${ [1, 2] }' }
            do:
              - touch:
                  call: http
                  with:
                    method: put
                    endpoint: ${ $workflow.input.effects + "/" + $workflow.input.repeatable }
                    headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-iteration: '${ $index | tostring }', x-mode: exactly_once_with_key }
                    body: { item: '${ $item }' }
                  metadata: { effect: { mode: exactly_once_with_key } }
      catch:
        errors: { with: { status: 503 } }
        retry: { delay: { milliseconds: 50 }, limit: { attempt: { count: 10 } } }
  - side:
      fork:
        branches:
          - left:
              call: http
              with:
                method: post
                endpoint: ${ $workflow.input.effects + "/" + $workflow.input.keyed }
                headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: exactly_once_with_key }
                body: {}
              metadata: { effect: { mode: exactly_once_with_key } }
          - right:
              call: http
              with:
                method: post
                endpoint: ${ $workflow.input.effects + "/" + $workflow.input.once }
                headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: at_most_once }
                body: {}
              metadata: { effect: { mode: at_most_once } }
  - guarded:
      try:
        - charge:
            call: http
            with:
              method: post
              endpoint: ${ $workflow.input.effects + "/busy" }
              headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: at_most_once }
              body: {}
            metadata: { effect: { mode: at_most_once } }
      catch:
        errors: { with: { status: 503 } }
        retry: { delay: { milliseconds: 50 }, limit: { attempt: { count: 3 } } }
  - confirm:
      try:
        - tell:
            call: http
            with:
              method: put
              endpoint: ${ $workflow.input.effects + "/" + $workflow.input.repeatable }
              headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: at_least_once }
              body: {}
            timeout: { after: { seconds: 4 } }
      catch:
        errors: { with: { status: 408 } }
        retry: { delay: { milliseconds: 50 }, limit: { attempt: { count: 10 } } }
"#;

/// Fails at its end and undoes itself.
pub(crate) const SAGA: &str = r#"
document: { dsl: '1.0.3', namespace: kill, name: saga, version: '1.0.0' }
do:
  - reserve:
      call: http
      with:
        method: post
        endpoint: ${ $workflow.input.effects + "/" + $workflow.input.keyed }
        headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: exactly_once_with_key }
        body: {}
      metadata:
        effect: { mode: exactly_once_with_key }
        compensate:
          do:
            - release:
                call: http
                with:
                  method: post
                  endpoint: ${ $workflow.input.effects + "/ok" }
                  headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: exactly_once_with_key }
                  body: {}
                metadata: { effect: { mode: exactly_once_with_key } }
  - ship:
      call: http
      with:
        method: post
        endpoint: ${ $workflow.input.effects + "/" + $workflow.input.once }
        headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: at_most_once }
        body: {}
      metadata:
        effect: { mode: at_most_once, onUncertain: compensate }
        compensate:
          do:
            - recall:
                call: http
                with:
                  method: post
                  endpoint: ${ $workflow.input.effects + "/" + $workflow.input.keyed }
                  headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: exactly_once_with_key }
                  body: {}
                metadata: { effect: { mode: exactly_once_with_key } }
  - bill:
      call: http
      with:
        method: post
        endpoint: ${ $workflow.input.effects + "/refuse" }
        headers: { x-run: '${ $workflow.id }', x-task: '${ $task.reference }', x-mode: exactly_once_with_key }
        body: {}
      metadata: { effect: { mode: exactly_once_with_key } }
"#;
